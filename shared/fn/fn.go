// Package fn is the contract between a function and the hosts that run it.
//
// A function is a folder below functions/ with one package in it:
//
//	// Package hello greets whoever asks.
//	package hello
//
//	var Spec = fn.Endpoint{Route: "GET /api/hello/{name}", Access: fn.Public}
//
//	type Function struct{} // its fields are the services it needs
//
//	func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) { … }
//
// The type of Spec decides the kind, and the kind what else is expected:
//
//	fn.Endpoint  Handle(ctx context.Context, in *Input) (*Output, error)
//	fn.Page      ServeHTTP(w http.ResponseWriter, r *http.Request)
//	fn.Job       Handle(ctx context.Context, in *Input) (*Output, error)
//	fn.Schedule  Handle(ctx context.Context) error
//
// The catalog generator finds the folder, fills the exported fields of Function
// by their types, and names the function after its folder: "api/hello".
package fn

import "time"

// Access says who may call a function over HTTP. The zero value is the closed
// one: a function is open only if its Spec says so.
type Access int

// Who may call.
const (
	SignedIn Access = iota // a signed-in user
	Public                 // anybody
	Service                // a machine that presents a key
)

// String returns the access as listings show it.
func (a Access) String() string {
	return [...]string{"signed-in", "public", "service"}[a]
}

// Kind is what sort of function a Spec describes.
type Kind string

// The kinds.
const (
	KindEndpoint Kind = "endpoint"
	KindPage     Kind = "page"
	KindJob      Kind = "job"
	KindSchedule Kind = "schedule"
)

// Durable reports whether Inngest runs functions of this kind. Those of the others are
// called over HTTP.
func (k Kind) Durable() bool { return k == KindJob || k == KindSchedule }

// Defaults for what a Spec leaves at zero.
const (
	DefaultTimeout       = 30 * time.Second // Endpoint and Page: the whole answer
	DefaultStepTimeout   = 5 * time.Minute  // Job and Schedule: one step
	DefaultMaxBody       = 1 << 20          // bytes
	DefaultMaxAnswer     = 6 << 20          // bytes of an Endpoint's; AWS Lambda sends no larger ones
	DefaultMaxConcurrent = 256              // calls at once in one process
	DefaultMemory        = 512              // MiB
	// DefaultRetries is the number of retries after the first attempt. By Inngest's backoff
	// they are spread over about 4 hours. An attempt that no router answers is used up too: an
	// outage of an hour uses up 8 of the 11, so that no run fails for it; one of 4 hours uses
	// up all. Each step has attempts of its own.
	DefaultRetries = 10
)

// Spec is one of [Endpoint], [Page], [Job] and [Schedule].
type Spec interface {
	// Info returns what the Spec says with its defaults filled in.
	Info() Info
}

// Info is what hosts and listings know of a function, whatever its kind. Fields
// that do not apply to the kind are zero.
type Info struct {
	Kind          Kind
	Summary       string
	Route         string   // Endpoint, Page: a pattern of http.ServeMux
	Events        []string // Job: with those of Sources
	Sources       []Source // Job
	Cron          string   // Schedule
	Access        Access   // Endpoint, Page
	AnyOrigin     bool     // Endpoint, Page
	ChecksOrigin  bool     // Page
	Expose        []string // Endpoint, Page
	ETag          bool     // Endpoint
	Logged        []string // Endpoint, Page: parameters of Route
	Timeout       time.Duration
	MaxBody       int64 // Endpoint, Page: bytes
	MaxAnswer     int64 // Endpoint, Page: bytes; 0 is no bound
	MaxConcurrent int   // Endpoint, Page
	RateLimit     Rate  // Endpoint, Page
	MaxConns      int   // 0 is a share of the pool
	Apart         bool
	Memory        int  // MiB
	Stream        bool // Page
	Encoded       bool // Endpoint, Page
}

// Endpoint is a typed function behind a route. Its Input and Output follow the
// conventions of huma (https://huma.rocks): path, query and header tags,
// validation tags, a Body field.
type Endpoint struct {
	// Route is a method and a pattern of http.ServeMux: "POST /api/orders/{id}".
	Route string
	// Summary says in a few words what it does, for the documentation.
	Summary string
	// Access says who may call. Defaults to SignedIn.
	Access Access
	// AnyOrigin lets pages of all other sites call, without cookies: send requests that
	// change something, and read the answers. Machines that name an origin may call too.
	// Defaults to the origins in BETTER_AUTH_TRUSTED_ORIGINS, which may send cookies.
	AnyOrigin bool
	// Expose are headers of the answer that pages of other origins may read, beside
	// those that browsers always show them, ETag, Retry-After and X-Request-Id.
	Expose []string
	// ETag gives answers of a GET a tag that is made from their bodies. A caller who has the
	// same body already is answered 304 without one. The function runs each time: only the
	// sending is saved. The caller's browser may then keep an answer, and asks each time
	// whether it is still good.
	ETag bool
	// Logged are parameters of the route whose values the log may show: they are no
	// secrets. Defaults to those called id or …Id whose value is a UUID or a number; in
	// place of others the log shows the route's own words.
	Logged []string
	// Status is the status of a success. Defaults to 200, or 204 if Output has no Body.
	Status int
	// Timeout bounds the whole call. Defaults to DefaultTimeout.
	Timeout time.Duration
	// MaxBody bounds the request's body, in bytes. Defaults to DefaultMaxBody.
	MaxBody int64
	// Encoded lets requests have a Content-Encoding, such as gzip. The function then decodes
	// the body itself. Without it such requests are answered 415.
	Encoded bool
	// MaxAnswer bounds the body of the answer, in bytes, before it is compressed. Defaults to
	// DefaultMaxAnswer; -1 is no bound.
	MaxAnswer int64
	// MaxConcurrent bounds the calls at once in one process; more are answered
	// 503 with Retry-After. Defaults to DefaultMaxConcurrent.
	MaxConcurrent int
	// RateLimit bounds how often one client may call; more are answered 429 with
	// Retry-After. Defaults to no bound.
	RateLimit Rate
	// MaxConns bounds the connections to the database that its calls use at once in one
	// process. Defaults to a quarter of the pool, and at least 2.
	MaxConns int
	// Apart has it run in a process of its own beside the router, so that nothing it does
	// can end or stall the others. SWITCHYARD_APART names such functions too.
	Apart bool
	// Memory is what a host that rents memory for each call gives it, such as AWS
	// Lambda, in MiB. Defaults to DefaultMemory. One process for all takes no notice.
	Memory int
}

// Info implements [Spec].
func (s Endpoint) Info() Info {
	return Info{
		Kind: KindEndpoint, Summary: s.Summary, Route: s.Route, Access: s.Access, AnyOrigin: s.AnyOrigin,
		Expose: s.Expose, ETag: s.ETag, Logged: s.Logged,
		Timeout:       or(s.Timeout, DefaultTimeout),
		MaxBody:       or(s.MaxBody, DefaultMaxBody),
		MaxAnswer:     max(0, or(s.MaxAnswer, DefaultMaxAnswer)),
		MaxConcurrent: or(s.MaxConcurrent, DefaultMaxConcurrent),
		RateLimit:     s.RateLimit.orDefaults(),
		MaxConns:      s.MaxConns,
		Apart:         s.Apart,
		Memory:        or(s.Memory, DefaultMemory),
		Encoded:       s.Encoded,
	}
}

// Page is a raw http.Handler behind a route: pages, forms, redirects, streams.
type Page struct {
	// Route is a pattern of http.ServeMux: "GET /{$}", "/files/". Without a
	// method it takes every method.
	Route string
	// Summary says in a few words what it does, for listings.
	Summary string
	// Menu is the word that leads here from the menu that stands on every page of package
	// ui: "Orders". Only a page whose route has no parameters can stand there. Defaults to
	// not being in the menu.
	Menu string
	// Access says who may call. Defaults to SignedIn; whoever is not is led to the
	// page for signing in.
	Access Access
	// AnyOrigin lets pages of all other sites call, without cookies: send requests that
	// change something, and read the answers. Defaults to the origins in
	// BETTER_AUTH_TRUSTED_ORIGINS, which may send cookies.
	AnyOrigin bool
	// ChecksOrigin lets requests of all sites reach the function, also those with cookies: the
	// function itself has to check where they come from. Only trusted origins may read the
	// answers.
	ChecksOrigin bool
	// Expose are headers of the answer that pages of other origins may read, beside
	// those that browsers always show them, ETag, Retry-After and X-Request-Id.
	Expose []string
	// Logged are parameters of the route whose values the log may show: they are no
	// secrets. Defaults to those called id or …Id whose value is a UUID or a number; in
	// place of others the log shows the route's own words.
	Logged []string
	// Timeout bounds the whole answer. Defaults to DefaultTimeout.
	Timeout time.Duration
	// MaxBody bounds the request's body, in bytes. Defaults to DefaultMaxBody.
	MaxBody int64
	// Encoded lets requests have a Content-Encoding, such as gzip. The function then decodes
	// the body itself. Without it such requests are answered 415.
	Encoded bool
	// MaxAnswer bounds the body of the answer, in bytes, before it is compressed. Defaults
	// to no bound.
	MaxAnswer int64
	// MaxConcurrent bounds the calls at once in one process; more are answered
	// 503 with Retry-After. Defaults to DefaultMaxConcurrent.
	MaxConcurrent int
	// RateLimit bounds how often one client may call; more are answered 429 with
	// Retry-After. Defaults to no bound.
	RateLimit Rate
	// MaxConns bounds the connections to the database that its calls use at once in one
	// process. Defaults to a quarter of the pool, and at least 2.
	MaxConns int
	// Apart has it run in a process of its own beside the router, so that nothing it does
	// can end or stall the others. SWITCHYARD_APART names such functions too.
	Apart bool
	// Memory is what a host that rents memory for each call gives it, such as AWS
	// Lambda, in MiB. Defaults to DefaultMemory. One process for all takes no notice.
	Memory int
	// Stream says that the answer goes out while it is being written: server-sent
	// events, long downloads. Hosts that collect an answer before they send it then do
	// not: on AWS Lambda the page gets a function URL that streams.
	Stream bool
}

// Info implements [Spec].
func (s Page) Info() Info {
	return Info{
		Kind: KindPage, Summary: s.Summary, Route: s.Route, Access: s.Access, AnyOrigin: s.AnyOrigin,
		ChecksOrigin: s.ChecksOrigin, Expose: s.Expose, Logged: s.Logged,
		Timeout:       or(s.Timeout, DefaultTimeout),
		MaxBody:       or(s.MaxBody, DefaultMaxBody),
		MaxAnswer:     max(0, s.MaxAnswer),
		MaxConcurrent: or(s.MaxConcurrent, DefaultMaxConcurrent),
		RateLimit:     s.RateLimit.orDefaults(),
		MaxConns:      s.MaxConns,
		Apart:         s.Apart,
		Memory:        or(s.Memory, DefaultMemory),
		Stream:        s.Stream,
		Encoded:       s.Encoded,
	}
}

// or returns v, or def if v is zero.
func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
