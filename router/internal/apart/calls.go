package apart

import (
	"net/http"
	"sync/atomic"
	"time"

	"switchyard/router/internal/function"
)

// calls are those of one function that are in the process of its group, and the way there.
type calls struct {
	function function.Function
	group    *group
	send     func(local http.Handler) http.Handler
	running  atomic.Int64
	broke    atomic.Int64 // when one last broke off, as nanoseconds since 1970
}

// counted returns next, with its calls counted while they run.
func (c *calls) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		whole := false
		c.running.Add(1)
		defer func() {
			if !whole {
				c.breaks()
			}
			c.running.Add(-1)
		}()
		next.ServeHTTP(w, r)
		whole = true
	})
}

// breaks notes that a call broke off.
func (c *calls) breaks() { c.broke.Store(time.Now().UnixNano()) }

// ranSince reports whether the function has calls, or one broke off since that time.
func (c *calls) ranSince(t time.Time) bool {
	return c.running.Load() > 0 || c.broke.Load() > t.UnixNano()
}

// RoundTrip implements [http.RoundTripper].
func (c *calls) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := c.group.gate.wait(r.Context()); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	res, err := c.group.transport.RoundTrip(r)
	if err != nil && r.Context().Err() == nil {
		c.breaks()
	}
	return res, err
}
