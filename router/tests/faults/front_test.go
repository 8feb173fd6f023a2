package faults_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// front hands requests to the replicas in turn, as the proxy of a platform does. One
// that does not answer costs its caller a 502.
type front struct {
	t   *testing.T
	url string

	mu       sync.Mutex
	replicas []*url.URL
	next     int
}

func startFront(t *testing.T) *front {
	t.Helper()
	f := &front{t: t}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(f.pick())
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f *front) add(address string) {
	f.t.Helper()
	u := mustURL(f.t, address)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replicas = append(f.replicas, u)
}

// only hands requests to this one from now on.
func (f *front) only(address string) {
	f.t.Helper()
	u := mustURL(f.t, address)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replicas = []*url.URL{u}
}

// looks has the front ask all replicas every so often whether they are ready, and hand
// requests only to those that are, or to the same as before if none is. Between two looks it
// does not learn of any change, and a replica that refuses a connection costs its caller a 502
// as before.
func (f *front) looks(every time.Duration) {
	all := f.inUse()
	ticker, done := time.NewTicker(every), make(chan struct{})
	var wait sync.WaitGroup
	f.t.Cleanup(func() {
		ticker.Stop()
		close(done)
		wait.Wait()
	})
	wait.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			var ready []*url.URL
			for _, u := range all {
				if answers(u.String() + "/readyz") {
					ready = append(ready, u)
				}
			}
			if len(ready) == 0 {
				continue
			}
			f.mu.Lock()
			f.replicas = ready
			f.mu.Unlock()
		}
	})
}

// inUse returns the replicas that get requests.
func (f *front) inUse() []*url.URL {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.replicas
}

func (f *front) pick() *url.URL {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	return f.replicas[f.next%len(f.replicas)]
}
