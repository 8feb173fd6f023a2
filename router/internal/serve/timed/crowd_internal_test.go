package timed

import (
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestCrowd has connections answer in turn on one processor, and says whether they are a crowd.
func TestCrowd(t *testing.T) { //nolint:paralleltest // with one processor
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, of := range map[string]struct {
		connections int
		fresh       bool          // each answer is on a connection of its own
		before      time.Duration // how long it takes to make an answer
		want        bool
	}{
		"many":                    {connections: many, want: true},
		"very many":               {connections: most, want: true},
		"few":                     {connections: many - 1},
		"one":                     {connections: 1},
		"many that do not return": {connections: many, fresh: true},
		"many seldom":             {connections: many, before: 4 * quick},
	} {
		for _, here := range []bool{false, true} {
			var c crowd
			c.here.Store(here)
			connections := make([]atomic.Int64, of.connections)
			// The machine may have something else to do, and be slow for a term.
			for end := time.Now().Add(time.Minute); time.Now().Before(end); {
				for range 4 * term / of.connections {
					for i := range connections {
						if of.fresh {
							connections[i].Store(0)
						}
						for start := time.Now(); time.Since(start) < of.before; {
						}
						c.wait(&connections[i])
					}
				}
				if c.here.Load() == of.want {
					break
				}
			}
			if c.here.Load() != of.want {
				t.Errorf("%s: a crowd: %t", name, !of.want)
			}
		}
	}
}

// TestCrowdBesideWork says that nobody waits for what takes long, and that they do again afterwards.
func TestCrowdBesideWork(t *testing.T) { //nolint:paralleltest // with one processor
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var c crowd
	var computing, over atomic.Bool
	var all sync.WaitGroup
	defer all.Wait()
	defer over.Store(true)
	for range 2 * many {
		all.Go(func() {
			var last atomic.Int64
			for !over.Load() {
				c.wait(&last)
				runtime.Gosched() // as who waits for the next request
			}
		})
	}
	all.Go(func() {
		for !over.Load() {
			if !computing.Load() {
				time.Sleep(time.Millisecond)
			}
		}
	})
	for _, work := range []bool{false, true, false} {
		computing.Store(work)
		for end := time.Now().Add(time.Minute); c.here.Load() == work && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		if c.here.Load() == work {
			t.Fatalf("beside work %t: a crowd: %t", work, !work)
		}
	}
}

// accepted returns the two ends of a connection of l.
func accepted(t *testing.T, l *Listener) (c *Conn, other net.Conn) {
	t.Helper()
	other, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	end, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end.Close(); other.Close() })
	return end.(*Conn), other //nolint:forcetypeassert // of TCP
}

// crowded returns a listener where a crowd is.
func crowded(t *testing.T) *Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	timed := &Listener{Listener: l}
	timed.crowd.here.Store(true)
	return timed
}

// TestConnWritesLast says that the beginning of an answer lets those go first who have something to
// do, and more of the same answer does not.
func TestConnWritesLast(t *testing.T) { //nolint:paralleltest // with one processor
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	c, _ := accepted(t, crowded(t))
	for begun, want := range map[bool]bool{false: true, true: false} {
		othersFirst := func() bool {
			_ = c.SetReadDeadline(time.Time{}) // as net/http does when it has read a request
			if begun {
				_, _ = c.Write([]byte("a"))
			}
			var gone atomic.Bool
			go gone.Store(true)
			_, _ = c.Write([]byte("b"))
			return gone.Load()
		}
		// The scheduler may do otherwise: of some sixty times it takes who has yielded first, once.
		as := false
		for tries := 0; tries < 3 && !as; tries++ {
			as = othersFirst() == want
		}
		if !as {
			t.Errorf("begun %t: others go first: %t", begun, !want)
		}
	}
}

// TestConnIsPatient says which reads linger.
func TestConnIsPatient(t *testing.T) {
	t.Parallel()
	c, other := accepted(t, crowded(t))
	_, _ = other.Write(make([]byte, 32))
	read := func(size int) (lingered bool) {
		t.Helper()
		if _, err := io.ReadFull(c, make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.timer != nil // nothing else here starts one
	}
	if read(9) || read(1) {
		t.Error("a short frame of HTTP/2 lingers")
	}
	_ = c.SetReadDeadline(time.Time{})
	if read(8) || read(1) {
		t.Error("a read lingers that is not the first after the deadline was taken away")
	}
	_ = c.SetReadDeadline(time.Time{})
	if !read(1) {
		t.Error("the read of net/http in a call does not linger")
	}
}

// TestHangUpInACrowd: while the answers of a crowd wait, calls still hear that their client has gone.
func TestHangUpInACrowd(t *testing.T) {
	t.Parallel()
	l := crowded(t)
	heard := make(chan struct{})
	const clients = 16
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "begun")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		heard <- struct{}{}
	})}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(l) }()
	for range clients {
		go func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.Addr().String(), nil)
			if res, err := http.DefaultTransport.RoundTrip(req); err == nil {
				_, _ = io.ReadFull(res.Body, make([]byte, len("begun")))
				cancel()
				_ = res.Body.Close()
			}
		}()
	}
	for range clients {
		<-heard
	}
}
