package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve/accesslog"
	"switchyard/router/internal/spec"
	"switchyard/shared/fn"
)

// add builds a function and routes to it.
func (h *Host) add(api *endpoint.API, f function.Function) error {
	info := f.Info()
	if info.Kind.Durable() {
		return nil
	}
	if err := spec.Check(info); err != nil {
		return fmt.Errorf("build function %s: its Spec's %w", f.Name, err)
	}
	next, err := h.build(api, f)
	if err != nil {
		return fmt.Errorf("build function %w", err)
	}
	if remote := h.config.Remote[f.Name]; remote != nil {
		next = remote(next)
		info.MaxAnswer = 0 // is kept where it runs
	}
	called := h.newCallee(f.Name, info)
	g := &guard{name: f.Name, info: &called.Info, called: called, sites: h.sites, cors: h.sites.cors(info), callers: h.config.Callers, next: next}
	if info.AnyOrigin || info.ChecksOrigin {
		g.sites = nil
	}
	if g.admit, err = h.admission(info.Access); err != nil {
		return fmt.Errorf("build function %s: %w", f.Name, err)
	}
	g.rate = h.newRate(f)
	return h.route(info.Route, g)
}

// admission returns how callers are let in; nil if all are.
func (h *Host) admission(a fn.Access) (admission, error) {
	switch {
	case a == fn.Public:
		return nil, nil
	case a == fn.SignedIn && h.config.Users != nil:
		return h.config.Users.Admit, nil
	case a == fn.Service && h.config.Machines != nil:
		machines := h.config.Machines
		return func(_ http.ResponseWriter, r *http.Request) (context.Context, error) { return machines.Admit(r) }, nil
	case h.config.Callers != nil: // and nobody else
		return refuseDirect, nil
	}
	return nil, fmt.Errorf("it is closed (%s), and nothing here can tell who calls", a)
}

// build returns the handler of an endpoint or a page.
func (h *Host) build(api *endpoint.API, f function.Function) (http.Handler, error) {
	if h.config.Late && f.Reflected == "" {
		switch f.Spec.(type) {
		case fn.Endpoint:
			return api.Late(f.Name, f.Spec, f.Bind), nil
		case fn.Page:
			return &late{name: f.Name, bind: f.Bind}, nil
		}
	}
	bound := f.Bind()
	switch spec := f.Spec.(type) {
	case fn.Endpoint:
		if b, ok := bound.(endpoint.Binding); ok {
			return api.Add(f.Name, spec, b)
		}
	case fn.Page:
		if h, ok := bound.(http.Handler); ok {
			return h, nil
		}
	}
	return nil, fmt.Errorf("%s: a %T cannot serve an %T", f.Name, bound, f.Spec)
}

// addDocs routes to the documentation of the endpoints in api, if there is one.
func (h *Host) addDocs(api *endpoint.API) error {
	if h.config.Docs == nil {
		return nil
	}
	pages, err := h.config.Docs(h.config.Project, api.Document)
	errs := []error{err}
	for _, page := range pages {
		errs = append(errs, h.route(page.Pattern, hostPage(page.Name, page.serve)))
	}
	return errors.Join(errs...)
}

// inngestName stands for /api/inngest where a log line names a function.
const inngestName = "inngest"

// inngestLimits are wide: what comes are the events and the results of the
// steps before, and Inngest has its own idea of how much runs at once.
func (h *Host) addInngest() error {
	if h.config.Inngest == nil {
		return nil
	}
	info := fn.Info{Access: fn.Public, MaxBody: 32 << 20, MaxConcurrent: 1024, Timeout: fn.DefaultStepTimeout, Encoded: true}
	for _, f := range h.config.Functions {
		if i := f.Info(); i.Kind.Durable() {
			info.Timeout = max(info.Timeout, i.Timeout)
		}
	}
	info.Timeout += time.Minute // the durable host ends a step; this is for what it cannot end
	g := &guard{name: inngestName, info: &info, next: h.config.Inngest}
	return errors.Join(
		h.route("GET /api/inngest", g), h.route("POST /api/inngest", g), h.route("PUT /api/inngest", g))
}

// route routes pattern to g.
func (h *Host) route(pattern string, g *guard) (err error) {
	defer func() { // the way of ServeMux to say what it does not like
		if v := recover(); v != nil {
			err = fmt.Errorf("route function %s: %s", g.name, strings.TrimPrefix(fmt.Sprint(v), "http: "))
		}
	}()
	g.caching = h.noStore
	if g.info.ETag {
		g.caching = h.noCache
	}
	g.meter, g.gate = h.meter(g.name), h.newGate(g)
	g.calls = h.calls(g.name, g.info.MaxConcurrent)
	g.access = h.newAccess(g.name, pattern, g.info.Logged)
	g.access.Quiet = g.name == inngestName || g.name == liveName || h.config.Behind
	h.mux.Handle(pattern, g)
	return nil
}

// newAccess returns what logs the requests of a route: see [accesslog.New].
func (h *Host) newAccess(name, pattern string, logged []string) *accesslog.Route {
	r := accesslog.New(h.logger.Handler(), name, pattern, logged, &h.lines)
	h.accesses = append(h.accesses, r)
	return r
}
