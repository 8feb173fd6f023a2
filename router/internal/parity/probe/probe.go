// Package probe has functions that show what a host does to requests and answers. They
// need no service. The program that package parity compares with itself has them in
// place of the repository's functions.
package probe

import (
	"net/http"
	"time"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/shared/fn"
)

// Functions returns them all.
func Functions() []function.Function {
	return []function.Function{
		page("echo", "/probe/echo/{rest...}", echo),
		page("name", "/probe/name/{name}", name),
		page("target", "/probe/target", target),
		page("client", "/probe/client", client),
		page("bytes", "/probe/bytes", someBytes),
		page("gzip", "/probe/gzip", compressed),
		page("sniff", "/probe/sniff", sniff),
		page("redirect", "/probe/redirect", redirect),
		page("resource", "/probe/resource", resource),
		page("headers", "/probe/headers", headers),
		page("status", "/probe/status/{code}", status),
		page("early", "/probe/early", early),
		page("method", "GET /probe/method", name),
		page("fault", "/probe/fault/{kind}", problem),
		page("panic", "/probe/panic/{when}", panics),
		stream("events", "/probe/events", serverSentEvents),
		quick("slow", "/probe/slow", slow),
		limited("small", "/probe/small", small),
		{
			Name: "probe/typed", Spec: fn.Endpoint{Route: "POST /probe/typed/{id}", Summary: "Typed", Access: fn.Public},
			Bind: func() any { return endpoint.New(typed{}) },
		},
		{
			Name: "probe/tagged", Spec: fn.Endpoint{Route: "GET /probe/tagged/{n}", Summary: "Tagged", Access: fn.Public, ETag: true, Expose: []string{"X-Total"}},
			Bind: func() any { return endpoint.New(tagged{}) },
		},
		{
			Name: "probe/open", Spec: fn.Endpoint{Route: "PUT /probe/open", Summary: "Open", Access: fn.Public, AnyOrigin: true},
			Bind: func() any { return endpoint.New(open{}) },
		},
		page("text", "/probe/text", text),
	}
}

func page(name, route string, serve http.HandlerFunc) function.Function {
	return function.Function{
		Name: "probe/" + name,
		Spec: fn.Page{Route: route, Summary: name, Access: fn.Public, AnyOrigin: true, MaxBody: 8 << 20, Encoded: true},
		Bind: func() any { return serve },
	}
}

// quick is a page that may not take long.
func quick(name, route string, serve http.HandlerFunc) function.Function {
	f := page(name, route, serve)
	spec, _ := f.Spec.(fn.Page)
	spec.Timeout = 50 * time.Millisecond
	f.Spec = spec
	return f
}

// limited is a page that takes 10,000 bytes at most.
func limited(name, route string, serve http.HandlerFunc) function.Function {
	f := page(name, route, serve)
	spec, _ := f.Spec.(fn.Page)
	spec.MaxBody = 10_000
	f.Spec = spec
	return f
}

func stream(name, route string, serve http.HandlerFunc) function.Function {
	f := page(name, route, serve)
	spec, _ := f.Spec.(fn.Page)
	spec.Stream = true
	f.Spec = spec
	return f
}
