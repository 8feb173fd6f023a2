package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"switchyard/bench/product/load"
)

// listeners are clients of GET /stream.
type listeners struct {
	conns []net.Conn
	heard chan error // of each, for each thing that is said
	all   sync.WaitGroup
}

// listen opens so many.
func listen(ctx context.Context, addr string, n int) (*listeners, error) {
	l := &listeners{heard: make(chan error, n)}
	request := load.Request(http.MethodGet, "/stream", "")
	for range n {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			_, err = conn.Write(request)
		}
		if err != nil {
			return nil, errors.Join(err, l.close())
		}
		l.conns = append(l.conns, conn)
		in := bufio.NewReaderSize(conn, 1<<10)
		if err := begun(in); err != nil {
			return nil, errors.Join(err, l.close())
		}
		l.all.Go(func() { l.hear(in) })
	}
	return l, nil
}

// begun reads the head of an answer.
func begun(in *bufio.Reader) error {
	first, err := in.ReadSlice('\n')
	if err == nil && !bytes.Contains(first, []byte(" 200 ")) {
		return fmt.Errorf("GET /stream answers %q", first)
	}
	for err == nil {
		var line []byte
		if line, err = in.ReadSlice('\n'); len(bytes.TrimSpace(line)) == 0 {
			break
		}
	}
	return err
}

// hear tells of each event that comes.
func (l *listeners) hear(in *bufio.Reader) {
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			l.heard <- err
			return
		case bytes.HasPrefix(line, []byte("data:")):
			l.heard <- nil
		}
	}
}

func (l *listeners) close() error {
	var errs []error
	for _, conn := range l.conns {
		errs = append(errs, conn.Close())
	}
	l.all.Wait()
	return errors.Join(errs...)
}

// fanOut says one thing after another, each when all have heard the one before. A request
// of the result is one thing that one has heard.
func fanOut(ctx context.Context, addr string, n int, each time.Duration) (r load.Result, err error) {
	l, err := listen(ctx, addr, n)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	return l.tell(ctx, addr, each)
}

func (l *listeners) tell(ctx context.Context, addr string, each time.Duration) (r load.Result, err error) {
	say := load.Request(http.MethodPost, "/api/say", `{"text":"the order 4711 is on its way"}`)
	speaker := load.NewClient(addr, time.Now().Add(each))
	defer speaker.Close()
	var took []time.Duration
	start := time.Now()
	for time.Since(start) < each && ctx.Err() == nil {
		said := time.Now()
		if err := speaker.Ask(ctx, say); err != nil {
			return r, err
		}
		late := time.After(10 * time.Second)
		for range l.conns {
			select {
			case err := <-l.heard:
				if err != nil {
					return r, err
				}
			case <-late:
				return r, errors.New("not all have heard what was said")
			}
		}
		took = append(took, time.Since(said))
	}
	slices.Sort(took)
	r.Took, r.Requests = time.Since(start), len(took)*len(l.conns)
	r.P50, r.P99 = took[len(took)/2], took[len(took)*99/100]
	return r, ctx.Err()
}
