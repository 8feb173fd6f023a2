package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/function"
	"switchyard/router/internal/pack/packtest"
	"switchyard/router/internal/pack/plan"
	"switchyard/shared/fn"
)

func TestRoutesOfAPI(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"POST /api/files":      {"POST /api/files"},
		"GET /api/files/{id}":  {"GET /api/files/{id}", "HEAD /api/files/{id}"},
		"/api/auth/":           {"ANY /api/auth", "ANY /api/auth/{proxy+}"},
		"GET /{$}":             {"GET /", "HEAD /"},
		"/":                    {"ANY /", "ANY /{proxy+}"},
		"PUT /d/{path...}":     {"PUT /d", "PUT /d/{path+}"},
		"/users/{id}/{$}":      {"ANY /users/{id}"},
		"DELETE  /x/{a}/{b}/c": {"DELETE /x/{a}/{b}/c"},
	}
	for pattern, want := range tests {
		got, err := plan.RouteKeys(pattern)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", pattern, err, diff)
		}
	}
	if _, err := plan.RouteKeys("GET example.com/x"); err == nil {
		t.Error("a host is taken")
	}
}

func TestRoutesThatAnAPIConfuses(t *testing.T) {
	t.Parallel()
	page := func(name, route string) plan.Unit {
		return packtest.Unit(name, function.Function{Name: name, Spec: fn.Page{Route: route}})
	}
	for name, tt := range map[string]struct {
		routes [2]string
		fails  bool
	}{
		"a folder and a page":         {[2]string{"GET /x/", "GET /x"}, true},
		"a folder and all below it":   {[2]string{"/x/", "/x/{a...}"}, true},
		"one variable, two names":     {[2]string{"/x/{a}", "/x/{b}"}, true},
		"a variable and a word":       {[2]string{"GET /x/{a}", "GET /x/self"}, false},
		"one method and another":      {[2]string{"GET /x", "POST /x"}, false},
		"a variable and all below it": {[2]string{"/x/{a}", "/x/{a}/{b...}"}, true},
	} {
		p := plan.Plan{Units: []plan.Unit{page("a", tt.routes[0]), page("b", tt.routes[1])}}
		_, err := p.APIRoutes()
		if (err != nil) != tt.fails {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Browsers ask with OPTIONS whether a page of another origin may call: somebody answers,
// once for each path, and rather who lets everybody.
func TestPreflightsOfAPI(t *testing.T) {
	t.Parallel()
	part := func(name, route string, anyOrigin bool) plan.Unit {
		u := packtest.Unit(name, function.Function{Name: name, Spec: fn.Page{Route: route, AnyOrigin: anyOrigin}})
		u.Routed = true
		return u
	}
	got, err := plan.Plan{Units: []plan.Unit{
		part("list", "GET /x", false), part("create", "POST /x", true), part("get", "GET /x/{id}", false),
		part("put", "PUT /x/{name}", false), part("all", "/y/", false), part("below", "DELETE /y/{$}", false),
	}}.APIRoutes()
	want := map[string][]string{
		"list": {"GET /x", "HEAD /x"}, "create": {"POST /x", "OPTIONS /x"}, "get": {"GET /x/{id}", "HEAD /x/{id}", "OPTIONS /x/{id}"},
		"put": {"PUT /x/{name}"}, "all": {"ANY /y", "ANY /y/{proxy+}"}, "below": {"DELETE /y"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
