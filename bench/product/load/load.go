// Package load asks a server of HTTP/1.1 for the same things again and again. It shares a
// processor with the database, so it does little: a request is bytes that were made
// before, and of an answer it reads the status and the length.
package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Result is what became of the requests.
type Result struct {
	Requests int // that were answered well, with a status of 2xx
	Errors   int // answered with another status, or not at all
	Took     time.Duration
	P50, P99 time.Duration
	First    error // the first of the errors
}

// PerSecond returns how many requests a second were answered well.
func (r Result) PerSecond() float64 { return float64(r.Requests) / r.Took.Seconds() }

// Request returns the bytes of a request. Headers are whole lines: "Cookie: a=b".
func Request(method, path, body string, headers ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\nAccept: */*\r\n", method, path)
	for _, line := range headers {
		b.WriteString(line + "\r\n")
	}
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}

// Run sends requests to addr for a time, over connections that stay open, each of which
// sends the next request when the answer to the last one has come. The connections begin
// at different requests. It fails if ctx ends, or if the server cannot be reached.
func Run(ctx context.Context, addr string, requests [][]byte, connections int, each time.Duration) (Result, error) {
	return run(ctx, addr, requests, connections, each, 0)
}

// RunAt is [Run], but for the pace: so many requests a second, if the server can do them.
func RunAt(ctx context.Context, perSecond float64, addr string, requests [][]byte, connections int, each time.Duration) (Result, error) {
	return run(ctx, addr, requests, connections, each, time.Duration(float64(connections)/perSecond*float64(time.Second)))
}

func run(ctx context.Context, addr string, requests [][]byte, connections int, each, every time.Duration) (Result, error) {
	start := time.Now()
	clients := make([]client, connections)
	var all sync.WaitGroup
	for i := range clients {
		c := &clients[i]
		c.addr, c.until, c.every = addr, start.Add(each), every
		c.due = start.Add(every * time.Duration(i) / time.Duration(connections))
		all.Go(func() { c.run(ctx, requests, i*len(requests)/connections) })
	}
	all.Wait()
	r := Result{Took: time.Since(start)}
	var took []time.Duration
	for i := range clients {
		took = append(took, clients[i].took...)
		r.Errors += clients[i].errors
		if r.First == nil {
			r.First = clients[i].first
		}
	}
	slices.Sort(took)
	if r.Requests = len(took); r.Requests > 0 {
		r.P50, r.P99 = took[r.Requests/2], took[r.Requests*99/100]
	} else if ctx.Err() == nil {
		return r, fmt.Errorf("no request to %s was answered well: %w", addr, r.First)
	}
	return r, ctx.Err()
}

// Client asks over one connection, which stays open.
type Client struct{ one client }

// NewClient returns a client of the server at addr, which is good until then.
func NewClient(addr string, until time.Time) *Client {
	return &Client{client{addr: addr, until: until}}
}

// Ask sends a request and reads its answer, which must have a status of 2xx.
func (c *Client) Ask(ctx context.Context, request []byte) error { return c.one.ask(ctx, request) }

// Close closes the connection.
func (c *Client) Close() { c.one.close() }

// client is one connection.
type client struct {
	addr   string
	until  time.Time
	due    time.Time     // when the next request is sent,
	every  time.Duration // and how long after it the one after that; 0: at once
	conn   net.Conn
	in     *bufio.Reader
	took   []time.Duration
	errors int
	first  error
}

func (c *client) run(ctx context.Context, requests [][]byte, next int) {
	defer c.close()
	for ctx.Err() == nil && time.Now().Before(c.until) {
		if c.every > 0 {
			time.Sleep(time.Until(c.due))
			c.due = c.due.Add(c.every)
		}
		start := time.Now()
		if err := c.ask(ctx, requests[next%len(requests)]); err != nil {
			c.fail(ctx, err)
		} else {
			c.took = append(c.took, time.Since(start))
		}
		next++
	}
}

// fail notes an error, and waits a moment, so that a server that is gone is not asked
// by a loop without rest.
func (c *client) fail(ctx context.Context, err error) {
	c.errors++
	if c.first == nil {
		c.first = err
	}
	select {
	case <-ctx.Done():
	case <-time.After(time.Millisecond):
	}
}

func (c *client) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// ask sends one request and reads its answer. The connection is closed where it cannot be used again.
func (c *client) ask(ctx context.Context, request []byte) error {
	if c.conn == nil {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.addr)
		if err != nil {
			return err
		}
		c.conn, c.in = conn, bufio.NewReaderSize(conn, 32<<10)
		if err := conn.SetDeadline(c.until.Add(10 * time.Second)); err != nil { // once: it costs as much as a part of the request
			return err
		}
	}
	if _, err := c.conn.Write(request); err != nil {
		c.close()
		return err
	}
	status, keep, err := read(c.in)
	if err != nil || !keep {
		c.close()
	}
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("status %d for %s", status, request[:bytes.IndexByte(request, '\r')])
	}
	return err
}

// read reads an answer to its end.
func read(in *bufio.Reader) (status int, keep bool, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0, false, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, false, errors.New("no answer of HTTP/1.1")
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, false, fmt.Errorf("read the status: %w", err)
	}
	length, keep := -1, true
	chunked := false
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return 0, false, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, false, fmt.Errorf("read the length: %w", err)
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		case bytes.EqualFold(name, []byte("Connection")):
			keep = !bytes.EqualFold(value, []byte("close"))
		}
	}
	return status, keep, body(in, length, chunked)
}

// body reads over the body of an answer.
func body(in *bufio.Reader, length int, chunked bool) error {
	if !chunked {
		if length < 0 {
			return errors.New("an answer without a length")
		}
		_, err := in.Discard(length)
		return err
	}
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return fmt.Errorf("read the size of a chunk: %w", err)
		}
		if _, err := in.Discard(int(size) + 2); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}
