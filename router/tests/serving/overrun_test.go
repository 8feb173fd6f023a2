package serving_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"switchyard/router/catalog"
	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/routertest"
	"switchyard/shared/fn"
)

// hangs is an endpoint that never ends.
type hangs struct{}

func (hangs) Handle(context.Context, *struct{}) (*struct{}, error) { select {} }

// TestOverrun has a router answer for a function that never ends, and stop with status 0.
func TestOverrun(t *testing.T) {
	t.Parallel()
	p := catalog.Program()
	p.Functions = append(p.Functions, function.Function{
		Name: "api/sample/hangs", Spec: fn.Endpoint{Route: "GET /api/hangs", Access: fn.Public, Timeout: 100 * time.Millisecond},
		Bind: func() any { return endpoint.New(hangs{}) },
	})
	r := routertest.Start(t, p, routertest.Environment(t, ""))
	if got := r.Ask("GET", "/api/hangs", ""); got.StatusCode != http.StatusGatewayTimeout {
		t.Errorf("got %d %s", got.StatusCode, bodyOf(t, got))
	}
}
