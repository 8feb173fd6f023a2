package joined_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchyard/router/internal/serve/joined"
	"switchyard/router/internal/serve/timed"
)

// serve returns a connection to a server with this handler.
func serve(t *testing.T, handler http.HandlerFunc) net.Conn {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, ConnContext: joined.Connected, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(joined.Listener{Listener: &timed.Listener{Listener: l}}) }()
	t.Cleanup(func() { _ = server.Close() })
	client, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

const ask = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

// Nothing is sent before all is written, and then all of it, whatever room there was.
func TestJoin(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("0123456789abcdef", 2000)
	for name, room := range map[string]int{"room": 64 << 10, "little room": 1 << 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			written, send := make(chan struct{}), make(chan struct{})
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", strconv.Itoa(len(body)))
				err := joined.Of(r).Join(make([]byte, room), func() error {
					_, err := io.WriteString(w, body)
					err = errors.Join(err, http.NewResponseController(w).Flush())
					written <- struct{}{}
					<-send
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
			for range 2 { // the connection can be used again
				_, _ = io.WriteString(client, ask)
				<-written
				_ = client.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
				if n, err := client.Read(make([]byte, 1)); err == nil {
					t.Errorf("%d bytes were sent before all was written", n)
				}
				_ = client.SetReadDeadline(time.Time{})
				send <- struct{}{}
				expect(t, client, body)
			}
		})
	}
}

func expect(t *testing.T, from io.Reader, body string) {
	t.Helper()
	var got bytes.Buffer
	for one := make([]byte, 64<<10); !strings.HasSuffix(got.String(), body); {
		n, err := from.Read(one)
		if err != nil {
			t.Fatalf("%v, after %d bytes", err, got.Len())
		}
		got.Write(one[:n])
	}
	if !strings.HasPrefix(got.String(), "HTTP/1.1 200") {
		t.Errorf("got %.40q", got.String())
	}
}

// What cannot be sent ends the connection: net/http believes that it was sent.
func TestJoinFails(t *testing.T) {
	t.Parallel()
	failed := make(chan error, 1)
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		failed <- joined.Of(r).Join(nil, func() error {
			_, err := w.Write(make([]byte, 16<<20)) // nobody reads it
			return errors.Join(err, http.NewResponseController(w).Flush())
		})
	})
	_, _ = io.WriteString(client, ask)
	if err := <-failed; err == nil {
		t.Fatal("no error")
	}
	_, _ = io.WriteString(client, ask)
	_, _ = io.Copy(io.Discard, client)
	if len(failed) != 0 {
		t.Error("the connection was used again")
	}
}

// TestOf: requests of HTTP/2 share their connection.
func TestOf(t *testing.T) {
	t.Parallel()
	found := make(chan *joined.Conn, 2)
	client := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		found <- joined.Of(r)
		r.ProtoMajor = 2
		found <- joined.Of(r)
	})
	_, _ = io.WriteString(client, ask)
	if one, two := <-found, <-found; one == nil || two != nil {
		t.Errorf("of HTTP/1 %v, of HTTP/2 %v", one, two)
	}
}
