package isolation

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"switchyard/internal/backoff"
	"switchyard/internal/project"
)

// mostCalls bounds the calls of a neighbour that go on at once.
const mostCalls = 400

// run calls the neighbour in the router at base until ctx ends.
func (n Neighbour) run(ctx context.Context, base string) {
	if n.Function == "" {
		return
	}
	client := newClient()
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	defer wg.Wait()
	places := make(chan struct{}, mostCalls)
	step := time.Duration(float64(time.Second) / n.Rate)
	for i := 0; (n.Most == 0 || i < n.Most) && ctx.Err() == nil; i++ {
		select {
		case places <- struct{}{}:
			wg.Go(func() {
				defer func() { <-places }()
				n.call(ctx, client, base, i)
			})
		default: // they all wait; the router has enough
		}
		backoff.Sleep(ctx, step)
	}
}

// call calls the neighbour once. It does not matter what the answer is, nor whether there is one.
func (n Neighbour) call(ctx context.Context, client *http.Client, base string, i int) {
	r, err := http.NewRequestWithContext(ctx, n.method(), base+n.target(), n.body())
	if err != nil {
		return
	}
	r.Header.Set("X-Forwarded-For", address(badNet, i))
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		return
	}
	defer response.Body.Close()
	switch n.Reader {
	case Fast:
		_, _ = io.Copy(io.Discard, response.Body)
	case Stopped:
		_, _ = io.CopyN(io.Discard, response.Body, 1<<20)
	case Stalled:
		<-ctx.Done()
	}
}

// target returns the path and the query of its call. A step is called as Inngest does.
func (n Neighbour) target() string {
	if !n.job {
		return "/" + n.Function
	}
	id := project.Name() + "-" + strings.ReplaceAll(n.Function, "/", "-")
	return "/api/inngest?" + url.Values{"fnId": {id}, "stepId": {"step"}}.Encode()
}

// body returns the body of its call.
func (n Neighbour) body() io.Reader {
	if n.job {
		const event = `{"name":"isolation/begun","data":{}}`
		return strings.NewReader(`{"ctx":{"attempt":0,"run_id":"01"},"event":` + event + `,"events":[` + event + `],"steps":{}}`)
	}
	return strings.NewReader(strings.Repeat("x", n.Body))
}
