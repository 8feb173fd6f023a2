package serve_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// waits is a function that waits for the end of its context, if it is told to.
type waits struct{ entered chan struct{} }

func (f waits) Handle(ctx context.Context, in *struct {
	Wait bool `query:"wait"`
},
) (*struct{}, error) {
	if in.Wait {
		f.entered <- struct{}{}
		<-ctx.Done()
	}
	return &struct{}{}, ctx.Err()
}

// TestShut shuts a function while calls of it run, one of which minds the end of its
// context and one of which says nothing: both are answered why, and so is whoever calls
// next. Another function takes calls meanwhile, and the one that was shut does afterwards.
func TestShut(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	waits := typed("api/waits", fn.Endpoint{Route: "GET /api/waits", Access: fn.Public}, endpoint.New(waits{entered}))
	mute := page("pages/quiet", "GET /quiet", func(_ http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		<-r.Context().Done()
	})
	var calls overrun.Set
	host := start(t, serve.Config{Functions: append(samples(), waits, mute), Overrun: &calls})
	answers := make(chan answered, 2)
	for _, path := range []string{"/api/waits?wait=true", "/quiet"} {
		go func() { answers <- send(t, "GET", host.url+path, nil) }()
		<-entered
	}
	why := fault.RetryAfter(5*time.Second, fault.New(fault.Unavailable, "There is no memory left."))
	calls.Shut("api/waits", why)
	calls.Shut("pages/quiet", why)
	refused := func(got answered, when string) {
		t.Helper()
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "5" || !strings.Contains(got.body, "There is no memory left.") {
			t.Errorf("%s: %+v", when, got)
		}
	}
	refused(<-answers, "a call that ran")
	refused(<-answers, "another one")
	refused(send(t, "GET", host.url+"/api/waits", nil), "the next call")
	if got := send(t, "POST", host.url+"/api/echo", strings.NewReader(`{"name":"x"}`), "Content-Type: application/json"); got.status != http.StatusOK {
		t.Errorf("another function: %+v", got)
	}
	calls.Open("api/waits")
	if got := send(t, "GET", host.url+"/api/waits", nil); got.status != http.StatusNoContent {
		t.Errorf("afterwards: %+v", got)
	}
}

// TestShutMeanwhile shuts a function while a call of it is on its way: its body is being received.
func TestShutMeanwhile(t *testing.T) {
	t.Parallel()
	var calls overrun.Set
	host := start(t, serve.Config{Functions: []function.Function{limited("narrow", 2, digest)}, Server: open(), Overrun: &calls})
	conn := dial(t, host)
	defer conn.Close()
	_, _ = io.WriteString(conn, "POST /narrow HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf ")
	for scrape(t, host)[`switchyard_overload_bodies{project="shop"}`] != 1 {
		time.Sleep(time.Millisecond)
	}
	calls.Shut("pages/narrow", fault.New(fault.Unavailable, "There is no memory left."))
	_, _ = io.WriteString(conn, "half.")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %d", res.StatusCode)
	}
}
