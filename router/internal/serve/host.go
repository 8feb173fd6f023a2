// Package serve is the HTTP host. Data flows one way:
//
//	host      request id, log line, panics, what no route takes   host.go exchange.go cors.go
//	guard     who may call, and how much of us a call may use      guard.go
//	binding   decoding, validation, encoding                       package endpoint; none for a page
//	function  what it is all about                                 functions/
//	answer    problem documents                                    package answer
//	body      tags and compression, on the way out                 body.go etag.go compress.go
//	log       a line about the request                             log.go, package accesslog
//
// Beside the functions it serves /livez and /readyz, and if it has them /metrics, the
// documentation of the API, and /api/inngest. Run in run.go starts and drains it, with package drain.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/internal/coding"
	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve/accesslog"
	"switchyard/router/internal/service"
	"switchyard/router/internal/spec"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// Config has the parts of a [Host].
type Config struct {
	// Functions are the ones to serve; those that are neither endpoints nor
	// pages are left to other hosts. Their needs must be open.
	Functions []function.Function
	// Needs are the open services, which /readyz asks. May be nil.
	Needs *service.Set
	// Server says how long draining may take, who may see /metrics, whose word counts
	// about who calls, and which other origins may.
	Server config.Server
	// Logger gets a line for each request. Defaults to none.
	Logger *slog.Logger
	// Project and Version are shown in the OpenAPI document and in /metrics.
	Project fn.Project
	Version string
	// Ready are further things that /readyz asks, by name.
	Ready map[string]func(context.Context) error
	// Metrics counts requests, and shows the counts at /metrics. Defaults to none.
	Metrics Metrics
	// Docs returns the pages that show the document of the API, which has this title.
	// Defaults to none.
	Docs func(title string, document []byte) []Page
	// Users admits signed-in people, and Machines machines that present a key. Each
	// is needed if a function is open to them alone.
	Users    Users
	Machines Machines
	// Callers admits whoever another router has admitted, and says so; nil if no other
	// router calls. See package shared/auth/caller.
	Callers Callers
	// Remote are the functions that run elsewhere, by name: what sends their calls on,
	// given what would serve them here. That may be called only if the function's needs
	// are open. Who calls is admitted here as always.
	Remote map[string]func(local http.Handler) http.Handler
	// Look shows people what went wrong; nil: plainly.
	Look Look
	// Inngest serves /api/inngest; nil if there are no jobs.
	Inngest http.Handler
}

// Page is a page that the host shows beside those of functions, to everybody.
type Page struct {
	Pattern string // of http.ServeMux
	Name    string // what log and metrics call it
	Show    http.HandlerFunc
}

// Users says who is signed in.
type Users interface {
	// Admit returns r's context with the user in it, or fault.Unauthorized. It may
	// set cookies on w.
	Admit(w http.ResponseWriter, r *http.Request) (context.Context, error)
}

// Machines says whose key a machine presents.
type Machines interface {
	// Admit returns r's context with the key's owner in it, or fault.Unauthorized.
	Admit(r *http.Request) (context.Context, error)
}

// Callers says on whose behalf another router calls.
type Callers interface {
	// Vouched reports whether another router says who sent r, truly or not.
	Vouched(r *http.Request) bool
	// Admit returns r as the other router received it, with the caller in its context,
	// or fault.Forbidden if r is not vouched for, or not for this function. It may set
	// headers on w.
	Admit(w http.ResponseWriter, r *http.Request, function string, access fn.Access) (*http.Request, error)
}

// Host serves functions. Make one with [New].
type Host struct {
	config        Config
	logger        *slog.Logger
	mux           *http.ServeMux
	sites         *sites
	cors          *cors    // where no function is
	headers       []header // on every answer
	varyAccept    []string // shared by answers; nobody may change it
	varyCoding    []string // the same
	codings       coding.Pool
	works         sync.Pool // of *work
	ready         *readiness
	unroutedMeter Meter            // of requests that no route takes
	unrouted      *accesslog.Route // of them
	accesses      accesslog.Routes // all
	draining      atomic.Bool
	running       atomic.Int64 // requests begun and not ended
}

// header is a header whose values all answers share; nobody may change them.
type header struct {
	name   string // in its canonical form
	values []string
}

// New builds the host, with everything that can be prepared before the first
// request. An error names the function it is about.
func New(c Config) (*Host, error) {
	h := &Host{
		config:     c,
		logger:     c.Logger,
		mux:        http.NewServeMux(),
		sites:      newSites(c.Server),
		varyAccept: []string{"Accept"},
		varyCoding: []string{"Accept-Encoding"},
		ready:      newReadiness(c),
		headers: []header{
			{"X-Content-Type-Options", []string{"nosniff"}},
			{"Referrer-Policy", []string{"strict-origin-when-cross-origin"}},
			{"X-Frame-Options", []string{"DENY"}},
		},
	}
	if value := c.Server.StrictTransport(); value != "" {
		h.headers = append(h.headers, header{"Strict-Transport-Security", []string{value}})
	}
	h.cors = h.sites.cors(fn.Info{})
	if h.logger == nil {
		h.logger = slog.New(slog.DiscardHandler)
	}
	h.unroutedMeter = h.meter(noFunction)
	h.unrouted = h.newAccess("", "", nil)
	api := endpoint.NewAPI(c.Project.Title, c.Version)
	errs := []error{h.addHealth(), h.addMetrics()}
	for _, f := range c.Functions {
		errs = append(errs, h.add(api, f))
	}
	errs = append(errs, h.addInngest(), h.addDocs(api))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return h, nil
}

// Handler returns what serves a request.
func (h *Host) Handler() http.Handler { return h }

// ServeHTTP serves a request: it finds its route, and sees to it that whatever
// happens is answered and logged.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{ResponseWriter: w, host: h, request: r.Header, cors: h.cors, start: time.Now(), access: h.unrouted, meter: h.unroutedMeter}
	x.call.RequestID, x.call.TraceID = requestID(r.Header), traceID(r.Header)
	x.body.head = r.Method == http.MethodHead
	header := w.Header()
	for _, common := range h.headers {
		header[common.name] = common.values
	}
	x.idHeader[0] = x.call.RequestID
	header["X-Request-Id"] = x.idHeader[:]
	h.running.Add(1)
	defer func() { x.end(r, recover()) }()
	if r.Method == http.MethodOptions && h.preflight(x, r) {
		return
	}
	h.mux.ServeHTTP(x, r)
}

// add builds a function and routes to it.
func (h *Host) add(api *endpoint.API, f function.Function) error {
	info := f.Info()
	if info.Kind.Durable() {
		return nil
	}
	if err := spec.Check(info); err != nil {
		return fmt.Errorf("build function %s: its Spec's %w", f.Name, err)
	}
	next, err := build(api, f)
	if err != nil {
		return fmt.Errorf("build function %w", err)
	}
	if remote := h.config.Remote[f.Name]; remote != nil {
		next = remote(next)
	}
	g := &guard{name: f.Name, info: info, sites: h.sites, cors: h.sites.cors(info), callers: h.config.Callers, next: next}
	if info.AnyOrigin || info.ChecksOrigin {
		g.sites = nil
	}
	if g.admit, err = h.admission(info.Access); err != nil {
		return fmt.Errorf("build function %s: %w", f.Name, err)
	}
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
func build(api *endpoint.API, f function.Function) (http.Handler, error) {
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
	document, err := api.Document()
	if err != nil {
		return err
	}
	var errs []error
	for _, page := range h.config.Docs(h.config.Project.Title, document) {
		errs = append(errs, h.route(page.Pattern, hostPage(page.Name, page.Show)))
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
	g := &guard{name: inngestName, info: info, next: h.config.Inngest}
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
	g.caching = []string{"private, no-store"}
	if g.info.ETag {
		g.caching = []string{"private, no-cache"} // the browser keeps it, and asks
	}
	g.meter = h.meter(g.name)
	g.access = h.newAccess(g.name, pattern, g.info.Logged)
	g.access.Quiet = g.name == inngestName
	h.mux.Handle(pattern, g)
	return nil
}

// newAccess returns what logs the requests of a route: see [accesslog.New].
func (h *Host) newAccess(name, pattern string, logged []string) *accesslog.Route {
	r := accesslog.New(h.logger.Handler(), name, pattern, logged)
	h.accesses = append(h.accesses, r)
	return r
}
