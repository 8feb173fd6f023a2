package isolation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"switchyard/internal/backoff"
)

// patience is how long an answer of the others may take.
const patience = 5 * time.Second

// load asks the others, open loop: a request goes out when its time has come, whatever has
// become of those before it.
type load struct {
	base   string
	client *http.Client
	paths  []string
	rate   int
}

// phase is what became of the requests of a time.
type phase struct {
	mu       sync.Mutex
	took     []time.Duration // of those that went well, from when they were due
	requests int
	errors   int
	first    string // what went wrong first
}

// newLoad returns what asks the router at base for those of paths that it answers well.
func newLoad(ctx context.Context, base string, paths []string, rate int) (*load, error) {
	l := &load{base: base, rate: rate, client: newClient()}
	for _, path := range paths {
		if l.ask(ctx, path, 0) == nil {
			l.paths = append(l.paths, path)
		}
	}
	if len(l.paths) == 0 {
		return nil, fmt.Errorf("the router answers none of %v", paths)
	}
	return l, nil
}

// newClient returns a client that follows no redirect, and keeps its connections.
func newClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// run asks for so long, and returns when all is answered, or given up.
func (l *load) run(ctx context.Context, d time.Duration) *phase {
	var p phase
	var wg sync.WaitGroup
	begun, step := time.Now(), time.Second/time.Duration(l.rate)
	for i := 0; time.Duration(i)*step < d && ctx.Err() == nil; i++ {
		due := begun.Add(time.Duration(i) * step)
		backoff.Sleep(ctx, time.Until(due))
		wg.Go(func() { // at most patience × rate of them
			err := l.ask(ctx, l.paths[i%len(l.paths)], i)
			p.add(time.Since(due), err)
		})
	}
	wg.Wait()
	return &p
}

// ask asks for a path as the client with a number, who has an address of its own.
func (l *load) ask(ctx context.Context, path string, client int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.base+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("X-Forwarded-For", address(othersNet, client))
	response, err := l.client.Do(r)
	if err != nil {
		return fmt.Errorf("%s: %w", path, reason(err))
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s: %s", path, response.Status)
	}
	return nil
}

// reason returns what is wrong without the address, which is no news.
func reason(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// Networks of benchmarks (RFC 2544), for the addresses of callers.
const (
	othersNet = "198.18.0."
	badNet    = "198.19.0."
)

// address returns one of 250 addresses of a network.
func address(network string, n int) string { return network + strconv.Itoa(1+n%250) }

func (p *phase) add(took time.Duration, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	if err == nil {
		p.took = append(p.took, took)
		return
	}
	p.errors++
	p.first = cmp.Or(p.first, err.Error())
}

// percentile returns how long the answers took at most, but for the slowest of them, in
// milliseconds; 0 if there are none.
func (p *phase) percentile(percent int) float64 {
	if len(p.took) == 0 {
		return 0
	}
	slices.Sort(p.took)
	i := (len(p.took)*percent + 99) / 100
	return float64(p.took[max(i, 1)-1].Microseconds()) / 1000
}
