package serve

import (
	"context"
	"log/slog"
	"net/http"

	"switchyard/router/internal/function"
	"switchyard/router/internal/serve/overrun"
	"switchyard/router/internal/serve/rate"
	"switchyard/router/internal/service"
	"switchyard/shared/config"
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
