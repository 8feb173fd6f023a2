// Package serve is the HTTP host. Data flows one way:
//
//	host      request id, log line, panics, what no route takes   host.go route.go exchange.go cors.go
//	guard     who may call, and how much of us a call may use      guard.go slot.go
//	call      what becomes of a call that goes past its time       call.go giveup.go, package overrun
//	deadlines of calls and connections, at no cost until reached   package timed
//	binding   decoding, validation, encoding                       package endpoint; none for a page
//	function  what it is all about                                 functions/
//	answer    problem documents                                    package answer
//	body      tags and compression, on the way out                 body.go etag.go compress.go
//	writes    what the function sees of it; in one piece if long   writer.go whole.go, package joined
//	          one that mostly waits holds little                   idle.go hangup_linux.go
//	log       a line about the request                             log.go, package accesslog
//
// Beside the functions it serves /livez and /readyz, and if it has them /metrics, the
// documentation of the API, and /api/inngest. What it is made of is in config.go. Run in run.go starts
// and drains it, with package drain.
package serve

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/internal/coding"
	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/serve/accesslog"
	"switchyard/router/internal/serve/drain"
	"switchyard/router/internal/serve/overload"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

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
	idling        *drain.Count     // the same of answers that go on: see [exchange.Idle]
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
		idling:     drain.NewCount(),
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
