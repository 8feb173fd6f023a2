package serve_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/docs"
	"switchyard/router/internal/serve/metrics"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/fn"
)

type item struct {
	ID   string `path:"id"`
	Body struct {
		Name string   `json:"name" minLength:"1" maxLength:"200"`
		Tags []string `json:"tags,omitempty"`
	}
}

type stored struct{ Body struct{ ID string } }

type keeping struct{}

func (keeping) Handle(context.Context, *item) (*stored, error) { return &stored{}, nil }

// many returns n functions: a page to four endpoints.
func many(n int) []function.Function {
	var all []function.Function
	for i := range n {
		f := function.Function{
			Name: fmt.Sprintf("api/f%d", i),
			Spec: fn.Endpoint{Route: fmt.Sprintf("POST /api/f%d/{id}", i), Access: fn.Public},
			Bind: func() any { return endpoint.New[item, stored](keeping{}) },
		}
		if i%5 == 0 {
			f.Name, f.Spec = fmt.Sprintf("pages/f%d", i), fn.Page{Route: fmt.Sprintf("GET /f%d", i), Access: fn.Public}
			f.Bind = func() any { return http.NotFoundHandler() }
		}
		all = append(all, f)
	}
	return all
}

// The document is the same, whether it is asked for before all other requests or after them.
func TestDocumentLate(t *testing.T) {
	t.Parallel()
	early := start(t, serve.Config{Functions: append(many(20), samples()...)})
	late := start(t, serve.Config{Functions: append(many(20), samples()...)})
	want := send(t, "GET", early.url+"/openapi.json", nil)
	for _, body := range []string{`{"name":"a"}`, `{"name":""}`, `{"name":1}`, `{`} {
		send(t, "POST", late.url+"/api/f1/x", strings.NewReader(body), "Content-Type: application/json")
	}
	if got := send(t, "GET", late.url+"/openapi.json", nil); want.status != 200 || got.body != want.body || !strings.Contains(got.body, "/api/f19/{id}") {
		t.Errorf("asked early it has %d bytes, asked late %d", len(want.body), len(got.body))
	}
}

// cost returns what a host of n functions takes for each: bytes that stay, and allocations.
func cost(t *testing.T, functions []function.Function) (bytes, allocations float64) {
	t.Helper()
	c := serve.Config{Functions: functions, Late: true, Docs: docs.Pages, Overrun: &overrun.Set{}}
	c.Logger = slog.New(slog.DiscardHandler)
	c.Server.MetricsToken = metricsToken
	var err error
	if c.Metrics, err = metrics.New(c.Logger, "shop", "v1", c.Overrun); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	heap() // what others have left
	runtime.ReadMemStats(&before)
	host, err := serve.New(c)
	if err != nil {
		t.Fatal(err)
	}
	heap()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(host)
	n := float64(len(functions))
	return float64(after.HeapAlloc-before.HeapAlloc) / n, float64(after.Mallocs-before.Mallocs) / n
}

// Thousands of functions that nobody has called yet take little, and no more each than a few do.
func TestManyCostLittle(t *testing.T) { //nolint:paralleltest // memory is that of the whole process
	all := many(4000)
	reflected := many(400)
	for i := range reflected {
		reflected[i].Reflected = "a test"
	}
	for name, tt := range map[string]struct {
		functions []function.Function
		bytes     float64 // at most, for each
	}{
		"all":                 {all, 4 << 10},
		"bound by reflection": {reflected, 32 << 10}, // at the start
	} {
		few := tt.functions[:len(tt.functions)/4]
		bytes, allocations := cost(t, few)
		more, moreAllocations := cost(t, tt.functions)
		t.Logf("%s: %.0f and %.0f bytes, %.0f and %.0f allocations", name, bytes, more, allocations, moreAllocations)
		if bytes > tt.bytes || more > 1.2*bytes || moreAllocations > 1.2*allocations {
			t.Errorf("%s: each of %d takes %.0f bytes and %.0f allocations, each of %d %.0f and %.0f",
				name, len(few), bytes, allocations, len(tt.functions), more, moreAllocations)
		}
	}
}
