package serve_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/shared/fn"
)

// named tells which function its context belongs to, and leaves something open.
type named struct{ leaves fn.Opened }

func (n named) Handle(ctx context.Context, _ *struct{}) (*whoOutput, error) {
	fn.CallOf(ctx).Opens(n.leaves)
	return &whoOutput{Body: fn.NameOf(ctx)}, nil
}

// left counts how often it was closed.
type left struct{ times atomic.Int64 }

func (l *left) Abandon() string {
	l.times.Add(1)
	return "a thing of x.go:1"
}

// The context of a function knows which one it is; what it leaves open is closed, and told.
func TestCallee(t *testing.T) {
	t.Parallel()
	open := &left{}
	host := start(t, serve.Config{Functions: []function.Function{
		typed("api/named", fn.Endpoint{Route: "GET /api/named"}, endpoint.New(named{open})),
	}})
	got := send(t, http.MethodGet, host.url+"/api/named", nil, "X-Who: ada", "X-Request-Id: r-1")
	if got.status != http.StatusOK || strings.TrimSpace(got.body) != `"api/named"` {
		t.Errorf("%d %s", got.status, got.body)
	}
	line := host.log.line(t, "r-1") // written after the answer
	if open.times.Load() != 1 || line["function"] != "api/named" || !strings.Contains(host.log.all(), "x.go:1") {
		t.Errorf("closed %d times; logged: %s", open.times.Load(), host.log.all())
	}
}
