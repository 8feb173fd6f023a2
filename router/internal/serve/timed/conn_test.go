package timed_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"switchyard/router/internal/serve/timed"
)

// pair returns the two ends of a connection, the first of them timed.
func pair(t *testing.T) (timedEnd, other net.Conn) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if other, err = new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if timedEnd, err = (&timed.Listener{Listener: l}).Accept(); err != nil {
		t.Fatal(err)
	}
	if _, ok := timedEnd.(*timed.Conn); !ok {
		t.Fatalf("a %T", timedEnd)
	}
	t.Cleanup(func() { timedEnd.Close(); other.Close() })
	return timedEnd, other
}

func isDeadline(err error) bool {
	var timeout net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) && errors.As(err, &timeout) && timeout.Timeout()
}

func soon() time.Time { return time.Now().Add(50 * time.Millisecond) }

// TestConn reaches deadlines in each order in which they can be set.
func TestConn(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(net.Conn){
		"a deadline":          func(c net.Conn) { _ = c.SetReadDeadline(soon()) },
		"one for both":        func(c net.Conn) { _ = c.SetDeadline(soon()) },
		"one that has passed": func(c net.Conn) { _ = c.SetReadDeadline(time.Unix(1, 0)) },
		"a later one, then":   func(c net.Conn) { _ = c.SetReadDeadline(time.Now().Add(time.Hour)); _ = c.SetReadDeadline(soon()) },
		"an earlier one before": func(c net.Conn) {
			_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
			_ = c.SetReadDeadline(soon())
		},
		"none before": func(c net.Conn) { _ = c.SetReadDeadline(time.Time{}); _ = c.SetReadDeadline(soon()) },
		"an earlier one to write": func(c net.Conn) {
			_ = c.SetWriteDeadline(time.Now().Add(time.Millisecond))
			_ = c.SetReadDeadline(soon())
		},
		"a passed one before": func(c net.Conn) { _ = c.SetReadDeadline(time.Unix(1, 0)); _ = c.SetReadDeadline(soon()) },
		"while it reads":      func(c net.Conn) { time.AfterFunc(10*time.Millisecond, func() { _ = c.SetReadDeadline(soon()) }) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, other := pair(t)
			one := make([]byte, 1)
			set(c)
			if _, err := c.Read(one); !isDeadline(err) {
				t.Fatalf("got %v", err)
			}
			if _, err := c.Read(one); !isDeadline(err) {
				t.Errorf("again: got %v", err)
			}
			if err := c.SetReadDeadline(time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			_, _ = other.Write(one)
			if _, err := c.Read(one); err != nil {
				t.Errorf("after it was put off: %v", err)
			}
		})
	}
}

// TestConnIsPutOff: a deadline that is put off, or taken back, is none any more.
func TestConnIsPutOff(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]time.Time{"put off": time.Now().Add(time.Hour), "taken back": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, other := pair(t)
			_ = c.SetDeadline(soon())
			_ = c.SetDeadline(later)
			time.AfterFunc(150*time.Millisecond, func() { _, _ = other.Write([]byte("a")) })
			if _, err := c.Read(make([]byte, 1)); err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestConnWrites writes to somebody who does not read.
func TestConnWrites(t *testing.T) {
	t.Parallel()
	c, _ := pair(t)
	_ = c.SetWriteDeadline(soon())
	if _, err := c.Write(make([]byte, 64<<20)); !isDeadline(err) {
		t.Errorf("got %v", err)
	}
	c, _ = pair(t)
	_ = c.SetWriteDeadline(soon())
	f, err := os.Create(t.TempDir() + "/f") //nolint:usetesting // a file
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(64 << 20); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(c, f); !isDeadline(err) {
		t.Errorf("a file: got %v", err)
	}
}

// TestConnAtOnce has many set deadlines, and closes the connection meanwhile.
func TestConnAtOnce(t *testing.T) {
	t.Parallel()
	c, _ := pair(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 500 {
				_ = c.SetReadDeadline(time.Now().Add(time.Duration(n%5-1) * time.Millisecond))
				if i == 0 {
					_ = c.SetWriteDeadline(time.Time{})
				}
			}
		})
	}
	all.Wait()
	_ = c.SetReadDeadline(soon())
	if _, err := c.Read(make([]byte, 1)); !isDeadline(err) {
		t.Errorf("got %v", err)
	}
	_ = c.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: got %v", err)
	}
}

// TestConnReads reads in each way there is, with a deadline that has been reached before, and
// with one that is reached meanwhile.
func TestConnReads(t *testing.T) {
	t.Parallel()
	ways := map[string]func(c net.Conn) error{
		"Read": func(c net.Conn) error { _, err := c.Read(make([]byte, 8)); return err },
		"Copy": func(c net.Conn) error { _, err := io.Copy(io.Discard, c); return err },
		"raw": func(c net.Conn) error {
			raw, err := c.(syscall.Conn).SyscallConn()
			if err != nil {
				return err
			}
			return raw.Read(func(uintptr) bool { return false })
		},
	}
	for name, read := range ways {
		for when, deadline := range map[string]time.Time{"before": time.Unix(1, 0), "meanwhile": soon()} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				c, _ := pair(t)
				_ = c.SetReadDeadline(deadline)
				for range 2 {
					if err := read(c); !isDeadline(err) {
						t.Errorf("got %v", err)
					}
				}
			})
		}
	}
}

// TestConnLingers: who reads a byte in a call has it, hears of a hang-up, of a deadline and of the
// end of the connection, whether that comes at once or later: before an answer, after it has begun,
// and after another call in which somebody has lingered.
func TestConnLingers(t *testing.T) {
	t.Parallel()
	befores := map[string]func(t *testing.T, c, other net.Conn){
		"first": func(*testing.T, net.Conn, net.Conn) {},
		"begun": func(_ *testing.T, c, other net.Conn) {
			_, _ = c.Write([]byte("z"))
			_, _ = other.Read(make([]byte, 1))
		},
		"again": func(t *testing.T, c, other net.Conn) {
			t.Helper()
			time.AfterFunc(time.Millisecond, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) })
			if _, err := c.Read(make([]byte, 1)); !isDeadline(err) {
				t.Fatal(err)
			}
			request(t, c, other)
		},
	}
	for what, of := range map[string]struct {
		do   func(c, other net.Conn)
		want error
	}{
		"a byte":            {func(_, other net.Conn) { _, _ = other.Write([]byte("b")) }, nil},
		"a hang-up":         {func(_, other net.Conn) { _ = other.Close() }, io.EOF},
		"a deadline":        {func(c, _ net.Conn) { _ = c.SetReadDeadline(time.Now().Add(time.Millisecond)) }, os.ErrDeadlineExceeded},
		"one in the past":   {func(c, _ net.Conn) { _ = c.SetReadDeadline(time.Unix(1, 0)) }, os.ErrDeadlineExceeded},
		"a later one, past": {func(c, _ net.Conn) { _ = c.SetReadDeadline(soon()); _ = c.SetReadDeadline(time.Unix(1, 0)) }, os.ErrDeadlineExceeded},
		"its end":           {func(c, _ net.Conn) { _ = c.Close() }, net.ErrClosed},
	} {
		for _, after := range []time.Duration{0, time.Millisecond, 30 * time.Millisecond} {
			for when, before := range befores {
				t.Run(fmt.Sprintf("%s %s %s", what, after, when), func(t *testing.T) {
					t.Parallel()
					c, other := pair(t)
					request(t, c, other)
					before(t, c, other)
					time.AfterFunc(after, func() { of.do(c, other) })
					if _, err := c.Read(make([]byte, 1)); !errors.Is(err, of.want) {
						t.Errorf("got %v", err)
					}
				})
			}
		}
	}
}

// request has c read a request from other as net/http does.
func request(t *testing.T, c, other net.Conn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(time.Hour))
	_, _ = other.Write([]byte("a"))
	if n, err := c.Read(make([]byte, 8)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	_ = c.SetReadDeadline(time.Time{})
}

// TestConnLingersOnce: of many bytes that are read one by one, the first alone may be late.
func TestConnLingersOnce(t *testing.T) {
	t.Parallel()
	c, other := pair(t)
	const n = 10_000
	request(t, c, other)
	_, _ = other.Write(make([]byte, n))
	time.AfterFunc(time.Minute, func() { _ = c.Close() }) // less than it takes if each lingers
	for range n {
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
}
