package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	workers  = 64   // of a closed load
	patience = 2000 // requests under way at most, of an open load
	hangs    = 10 * time.Second
)

// connections are kept for the next requests.
type connections struct {
	d    *deployment
	idle chan *connection
}

type connection struct {
	net.Conn
	in *bufio.Reader
}

func (d *deployment) connections() *connections {
	return &connections{d, make(chan *connection, patience)}
}

func (c *connections) close() {
	for {
		select {
		case one := <-c.idle:
			_ = one.Close()
		default:
			return
		}
	}
}

// send sends one request for the client of this number and returns the status of the answer; 0
// if none came.
func (c *connections) send(client int) int {
	var one *connection
	select {
	case one = <-c.idle:
	default:
		conn, err := net.DialTimeout("tcp", c.d.address, hangs) //nolint:noctx // it has an end
		if err != nil {
			return 0
		}
		one = &connection{conn, bufio.NewReader(conn)}
	}
	_ = one.SetDeadline(time.Now().Add(hangs))
	_, err := one.Write(fmt.Appendf(slices.Clone(c.d.request), "10.1.%d.%d\r\n\r\n", client/250, client%250+1))
	var res *http.Response
	if err == nil {
		res, err = http.ReadResponse(one.in, nil)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	if err != nil {
		_ = one.Close()
		return 0
	}
	select {
	case c.idle <- one:
	default:
		_ = one.Close()
	}
	return res.StatusCode
}

// closed has workers send one request after another.
func (d *deployment) closed(ctx context.Context, each time.Duration) (*result, error) {
	c, r, done := d.connections(), d.begin(), make(chan struct{})
	defer c.close()
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				at := time.Now()
				r.add(at, c.send(i%d.clients))
			}
		})
	}
	err := r.watch(ctx, each)
	close(done)
	all.Wait()
	return r.end(), err
}

// open sends so many requests a second, whatever becomes of them.
func (d *deployment) open(ctx context.Context, rate float64, each time.Duration) (*result, error) {
	c, r, under := d.connections(), d.begin(), make(chan struct{}, patience)
	defer c.close()
	var all sync.WaitGroup
	watched := make(chan error, 1)
	go func() { watched <- r.watch(ctx, each) }()
	for n := 0; ; n++ {
		at := r.start.Add(time.Duration(float64(n) / rate * float64(time.Second)))
		if at.Sub(r.start) > each || ctx.Err() != nil {
			break
		}
		time.Sleep(time.Until(at))
		select {
		case under <- struct{}{}:
		default:
			r.add(at, 0)
			continue
		}
		all.Go(func() {
			r.add(at, c.send(n%d.clients))
			<-under
		})
	}
	all.Wait()
	err := <-watched
	return r.end(), err
}
