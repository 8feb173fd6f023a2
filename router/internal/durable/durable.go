// Package durable is the host of jobs and schedules: it offers them to Inngest,
// which decides when they run, remembers which steps are done, and calls them
// over HTTP, one step a call.
//
// What the SDK would read from the environment is set here from the
// configuration instead, so that a stray INNGEST_ variable changes nothing: above
// all not whether calls must be signed.
//
// Every request passes the guard first, which lets nobody in but Inngest. A call that
// handles an event of the outbox then passes the ledger, before the function runs and
// before Inngest has the answer: see Host.run.
//
// A host that Inngest cannot reach is called over a connection that it opens itself.
// Such calls do not pass the guard, but they pass the ledger: see [Connector].
//
// An error that a function or one of its steps returns is tried again, whatever
// its fault.Kind, until the retries are used up. Two marks change that:
// fault.Permanent ends the run at once, and fault.RetryAfter says when the next
// try may come. A panic counts as an error.
package durable

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/inngest/inngestgo"
	"github.com/inngest/inngestgo/middleware"

	"switchyard/internal/project"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/events/ledger"
)

const (
	// Path is where Inngest expects the handler.
	Path = "/api/inngest"

	// DefaultGrace is the default of [Config.Grace].
	DefaultGrace = 30 * time.Second

	// callTimeout bounds each of our own calls to Inngest.
	callTimeout = 15 * time.Second
)

// Config is what a Host needs.
type Config struct {
	// Functions are the jobs and schedules; what they need is open.
	Functions []function.Function
	// Jobs says which Inngest it is, what it knows the app by, and whether calls must be
	// signed. Inngest knows a function as the app's id, a dash and the function's: see [ID].
	Jobs config.Jobs
	// Program is the path of the main module. Defaults to what the binary says.
	Program string
	// Origin is the base URL at which Inngest reaches this process, such as
	// "http://127.0.0.1:3000". Defaults to Jobs.Origin. Over Connect there is none.
	Origin string
	// Packaged says that this is a package, or who registers packages: nobody here stays.
	Packaged bool
	// Elsewhere are the functions that Inngest shall call at other services, which have
	// packages of them: by name, the base URL of each. Over Connect there are none.
	Elsewhere map[string]string
	// Ledger remembers which run handles which event. Nil: nobody needs to know.
	Ledger *ledger.Ledger
	// Grace is how much later than it should a run may be heard of before it is
	// taken for lost. Defaults to [DefaultGrace].
	Grace  time.Duration
	Logger *slog.Logger
}

// Host runs jobs and schedules. It needs no closing.
type Host struct {
	client   inngestgo.Client
	sdk      http.Handler
	app      string // its id
	calls    *http.Client
	doors    *http.Client // for questions to other hosts, as Inngest calls them
	self     atomic.Pointer[identity]
	ledger   *ledger.Ledger
	grace    time.Duration
	patience time.Duration // with the ledger
	log      *slog.Logger
	url      string   // of the handler
	server   string   // base URL of Inngest's API
	variable string   // that says where the handler is
	untried  bool     // nobody has to reach the handler for it to be registered
	dev      bool     // calls need no signature
	key      string   // the signing key
	keys     []string // those that Inngest may sign with
	bearer   string   // what Inngest's API knows us by
	names    map[string]string
	offers   []offered
	targets  map[string]*target // by what Inngest calls them
	seen     *recent            // calls
	runs     *recent            // of which function each is

	elsewhere map[string]string // base URLs, by what Inngest calls the functions
	packaged  bool              // or all functions are in packages
	running   atomic.Int64      // calls over Connect
	blamed    string            // functions that Inngest refuses, as was logged last
	metrics   *metrics
}

// New binds the functions. The error names what is wrong with them or with the
// configuration.
func New(c Config) (*Host, error) {
	switch {
	case c.Jobs.Connect:
		c.Origin = connectOrigin
	case c.Origin == "":
		c.Origin = c.Jobs.Origin.String()
	}
	if u, err := url.Parse(c.Origin); err != nil || u.Host == "" {
		return nil, errors.New("durable: there is no URL at which Inngest reaches this service")
	}
	h := &Host{
		app:   c.Jobs.App(),
		calls: &http.Client{Timeout: callTimeout},
		doors: &http.Client{
			Timeout:       callTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // Inngest follows none
		},
		log:    c.Logger,
		url:    strings.TrimRight(c.Origin, "/") + Path,
		server: c.Jobs.Server(),

		variable: cmp.Or(c.Jobs.AtVariable(), "HOST and PORT"),
		untried:  c.Jobs.Untried,

		dev:    c.Jobs.Dev.On,
		key:    c.Jobs.SigningKey.Reveal(),
		ledger: c.Ledger,
		grace:  cmp.Or(c.Grace, DefaultGrace),
		names:  map[string]string{},

		patience: ledgerPatience,

		targets:   map[string]*target{},
		elsewhere: map[string]string{},
		packaged:  c.Packaged || allElsewhere(c.Functions, c.Elsewhere),

		seen:    newRecent(maxAge + maxSkew),
		runs:    newRecent(time.Hour),
		metrics: newMetrics(),
	}
	h.self.Store(withoutDatabase(cmp.Or(c.Program, project.Module()), h.key))
	if h.key == "" && h.dev {
		// Nobody checks it in development, but [Host.Register] signs with it.
		h.key = developmentKey()
	}
	h.keys = []string{h.key}
	fallback := c.Jobs.SigningKeyFallback.Reveal()
	if fallback != "" {
		h.keys = append(h.keys, fallback)
	}
	var err error
	if h.bearer, err = bearerOf(h.key); err != nil {
		return nil, err
	}
	if h.client, err = inngestgo.NewClient(h.options(c.Jobs)); err != nil {
		return nil, fmt.Errorf("durable: %w", err)
	}
	for _, f := range c.Functions {
		if err := h.add(f); err != nil {
			return nil, fmt.Errorf("durable: %s: %w", f.Name, err)
		}
	}
	if err := h.addWatch(); err != nil {
		return nil, fmt.Errorf("durable: %w", err)
	}
	h.goElsewhere(c.Functions, c.Elsewhere)
	h.sdk = h.client.ServeWithOpts(inngestgo.ServeOpts{
		Origin: new(strings.TrimSuffix(h.url, Path)),
		Path:   new(Path),
		// Outside development nobody may make us register without a signature:
		// Register does not need it.
		EnableUnauthedSync: new(false),
	})
	return h, nil
}

// Handler answers Inngest's calls. Outside development it does what it is asked
// only if the request is signed with a signing key, and else answers 401.
func (h *Host) Handler() http.Handler { return http.HandlerFunc(h.serve) }

// serve is the way of every request: past the guard, through the ledger, into the
// SDK, which calls the function; and back, past the ledger, to Inngest.
func (h *Host) serve(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	c, r := newCall(r)
	body, why := h.admit(w, r, c)
	var a *answer
	switch r = withBody(r, body); {
	case why != "":
		a = refusal(why, r.URL.Query().Get("fnId"))
	case r.Method == http.MethodGet && r.URL.Query().Has(programParam):
		a = h.introduce(r)
	case c.target == nil:
		a = h.serveSDK(r)
	default:
		a = h.run(r, c)
	}
	a.writeTo(w)
	h.report(r, c, a, why, time.Since(began))
}

// options leaves nothing for the SDK to look up in the environment.
func (h *Host) options(jobs config.Jobs) inngestgo.ClientOpts {
	return inngestgo.ClientOpts{
		AppID:              h.app,
		Dev:                &h.dev,
		Env:                new(""),
		SigningKey:         &h.key,
		SigningKeyFallback: new(jobs.SigningKeyFallback.Reveal()),
		// Functions publish through shared/events, never through this client.
		EventKey:        new("none"),
		APIBaseURL:      &h.server,
		EventAPIBaseURL: new(config.Events{Inngest: jobs.Inngest}.Server()),
		HTTPClient:      h.calls,
		MaxBodySize:     maxBody,
		Logger:          slog.New(quiet{h.log.Handler()}),
		Middleware:      []func() middleware.Middleware{func() middleware.Middleware { return &observer{} }},
	}
}

func developmentKey() string {
	key := make([]byte, 16)
	_, _ = rand.Read(key) // never fails
	return hex.EncodeToString(key)
}
