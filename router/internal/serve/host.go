// Package serve is the HTTP host. Data flows one way:
//
//	host      request id, log line, panics, what no route takes   host.go exchange.go cors.go
//	guard     who may call, and how much of us a call may use      guard.go slot.go
//	call      what becomes of a call that goes past its time       call.go giveup.go, package overrun
//	deadlines of calls and connections, at no cost until reached   package timed
//	binding   decoding, validation, encoding                       package endpoint; none for a page
//	function  what it is all about                                 functions/
//	answer    problem documents                                    package answer
//	body      tags and compression, on the way out                 body.go etag.go compress.go
//	writes    a long answer goes out in one piece                  whole.go, package joined
//	          one that mostly waits holds little                   idle.go hangup_linux.go
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
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/internal/coding"
	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve/accesslog"
	"switchyard/router/internal/serve/overload"
	"switchyard/router/internal/serve/overrun"
	"switchyard/router/internal/serve/rate"
	"switchyard/router/internal/service"
	"switchyard/router/internal/spec"
	"switchyard/shared/config"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// Config has the parts of a [Host].
type Config struct {
	// Functions are the ones to serve; those that are neither endpoints nor
	// pages are left to other hosts. Their needs must be open.
	Functions []function.Function
	// Late says that functions are of a catalog that was generated: what they are bound to is
	// known to be right, so that this may wait until somebody calls them. Of thousands, most are
	// not called for long.
	Late bool
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
	// Docs returns the pages that show the document of the project's API. To make
	// the document takes a while if there are many functions: they ask for it once, when
	// somebody wants to see it. Defaults to none.
	Docs func(project fn.Project, document func() ([]byte, error)) ([]Page, error)
	// Users admits signed-in people, and Machines machines that present a key. Each
	// is needed if a function is open to them alone.
	Users    Users
	Machines Machines
	// Callers admits whoever another router has admitted, and says so; nil if no other
	// router calls. See package shared/auth/caller.
	Callers Callers
	// Rates keeps the rates of functions that have Limits; nil if there are none.
	Rates rate.Store
	// Remote are the functions that run elsewhere, by name: what sends their calls on,
	// given what would serve them here. That may be called only if the function's needs
	// are open. Who calls is admitted here as always.
	Remote map[string]func(local http.Handler) http.Handler
	// Behind says that all requests come from a router that counts them, and logs those
	// that end well.
	Behind bool
	// Look shows people what went wrong; nil: plainly.
	Look Look
	// Lasting are told when the host drains.
	Lasting []Lasting
	// Inngest serves /api/inngest; nil if there are no jobs.
	Inngest http.Handler
	// Overrun counts the calls that go past their time. They are answered without their
	// function then, which a host can do that stays; if it is nil, what runs the host ends
	// such calls, as AWS Lambda does with the whole process, so that nothing of them is left.
	Overrun *overrun.Set
}

// Page is a page that the host shows beside those of functions, to everybody.
type Page struct {
	Pattern string // of http.ServeMux
	Name    string // what log and metrics call it
	// Show answers. What goes wrong before it has begun to, it returns.
	Show func(w http.ResponseWriter, r *http.Request) error
}

// serve shows the page, or what went wrong.
func (p Page) serve(w http.ResponseWriter, r *http.Request) {
	if err := p.Show(w, r); err != nil {
		w.(*exchange).fail(r, err) //nolint:forcetypeassert // only the host's mux calls it
	}
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
	noStore       []string // the same
	noCache       []string // the same: the browser keeps an answer, and asks
	codings       coding.Pool
	works         sync.Pool // of *work
	limiter       *overload.Limiter
	bodies        overload.Bodies
	buffers       buffers  // of bodies
	busy          *refusal // of what is too much
	ready         *readiness
	unroutedMeter Meter            // of requests that no route takes
	unrouted      *accesslog.Route // of them
	accesses      accesslog.Routes // all
	lines         accesslog.Budget // of all
	leaving       atomic.Bool      // requests should be sent elsewhere
	draining      atomic.Bool      // and none is taken any more
	running       atomic.Int64     // requests begun and not ended
	parting       sync.WaitGroup   // last answers on connections that the server does not know any more
	idling        sync.WaitGroup   // the same of answers that go on: see [exchange.Idle]
	hangUps       hangUps          // of their clients
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
		noStore:    []string{"private, no-store"},
		noCache:    []string{"private, no-cache"},
		ready:      newReadiness(c),
		limiter:    overload.New(runtime.GOMAXPROCS(0)),
		busy:       newRefusal(fault.New(fault.Unavailable, "This is busy right now. Try again in a second."), c.Look),
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
	errs := []error{h.addHealth(), h.addMetrics(), h.showLoad()}
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
	x.call.RequestID, x.call.TraceID = requestID(r.Header, x.start), traceID(r.Header)
	x.body.head = r.Method == http.MethodHead
	x.idHeader[0] = x.call.RequestID
	x.addCommon(w.Header())
	h.running.Add(1)
	defer func() { x.end(r, recover()) }()
	if r.Method == http.MethodOptions && h.preflight(x, r) {
		return
	}
	h.mux.ServeHTTP(x, r)
}

// addCommon adds to h what is on every answer.
func (x *exchange) addCommon(h http.Header) {
	for _, common := range x.host.headers {
		h[common.name] = common.values
	}
	h["X-Request-Id"] = x.idHeader[:]
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
	next, err := h.build(api, f)
	if err != nil {
		return fmt.Errorf("build function %w", err)
	}
	if remote := h.config.Remote[f.Name]; remote != nil {
		next = remote(next)
		info.MaxAnswer = 0 // is kept where it runs
	}
	called := h.named(f.Name, info)
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
