// Package durable is the host of jobs and schedules: it offers them to Inngest,
// which decides when they run, remembers which steps are done, and calls them
// over HTTP, one step a call.
//
// What the SDK would read from the environment is set here from the
// configuration instead, so that a stray INNGEST_ variable changes nothing: above
// all not whether calls must be signed.
//
// Every request is checked first: nobody is let in but Inngest. A call that handles an
// event of the outbox is then written into the ledger, before the function runs and
// before Inngest has the answer: see Host.run.
//
// A host that Inngest cannot reach is called over a connection that it opens itself.
// Such calls need no check, since nobody else can make them, but they are written into
// the ledger too.
//
// What else there is to do has packages of its own: registration tells Inngest which
// functions there are, release does so for services and releases that share a database,
// and connection opens such a connection.
//
// An error that a function or one of its steps returns is tried again, whatever
// its fault.Kind, until the retries are used up. Two marks change that:
// fault.Permanent ends the run at once, and fault.RetryAfter says when the next
// try may come. A panic counts as an error.
package durable

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inngest/inngestgo"
	"github.com/inngest/inngestgo/middleware"

	"switchyard/internal/project"
	"switchyard/router/internal/durable/identity"
	"switchyard/router/internal/durable/signing"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/config"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fn"
)

const (
	// Path is where Inngest expects the handler.
	Path = "/api/inngest"

	// DefaultGrace is the default of [Config.Grace].
	DefaultGrace = 30 * time.Second

	// callTimeout bounds the calls that the SDK makes to Inngest.
	callTimeout = 15 * time.Second

	// connectOrigin stands for the URL that a host has not whose calls come over a
	// connection: nobody goes there, and it is the same in each replica.
	connectOrigin = "http://connect"
)

// Config describes a [Host].
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
	// Packaged says that no process stays to be called: this is a package for AWS Lambda, or
	// a process that registers packages and then ends.
	Packaged bool
	// Elsewhere are the functions that Inngest is to call at other services, which have
	// packages of them: by name, the base URL of each. Over Connect there are none.
	Elsewhere map[string]string
	// Apart are the functions that run in other processes of this machine: by name, what
	// serves their calls. Each is known to be Inngest's by then, and is checked and written
	// into the ledger there. Over Connect there are none.
	Apart map[string]http.Handler
	// Ledger remembers which run handles which event. Nil: nobody needs to know.
	Ledger *ledger.Ledger
	// Grace is how long after the expected time of its next call a run is still waited
	// for. Then it is taken for lost. Defaults to [DefaultGrace].
	Grace time.Duration
	// Overrun counts the calls whose functions take no notice of their timeout. They are
	// answered as failed then; if it is nil, what runs the host ends such calls.
	Overrun *overrun.Set
	Logger  *slog.Logger
}

// Host runs jobs and schedules. It needs no closing.
type Host struct {
	app      string // its id
	self     *identity.Self
	keys     signing.Keys
	dev      bool // calls need no signature
	packaged bool // no process stays, or all functions are in packages
	log      *slog.Logger
	metrics  *metrics
	overrun  *overrun.Set

	client    inngestgo.Client
	sdk       http.Handler
	replayer  func() (http.Handler, error) // see [Host.Replay]
	offers    []offered
	callees   []*fn.Callee
	targets   map[string]*target // by what Inngest calls them
	elsewhere map[string]string  // base URLs, by what Inngest calls the functions

	tracker tracker
	another func(ctx context.Context, function, run string) http.Handler // see [Host.Handover]

	bodies  bodies
	seen    *known       // calls
	runs    *known       // of which function each is
	running atomic.Int64 // calls over a connection
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
	h, err := newHost(c)
	if err != nil {
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
	h.goApart(c.Apart)
	h.replayer = sync.OnceValues(h.newReplayer)
	h.sdk = h.client.ServeWithOpts(inngestgo.ServeOpts{
		Origin: new(h.self.Origin()),
		Path:   new(Path),
		// Outside development nobody may make us register without a signature: package
		// registration does not need it.
		EnableUnauthedSync: new(false),
	})
	return h, nil
}

// newHost returns a host without functions.
func newHost(c Config) (*Host, error) {
	h := &Host{
		app:      c.Jobs.App(),
		keys:     signing.Keys{Current: c.Jobs.SigningKey.Reveal(), Fallback: c.Jobs.SigningKeyFallback.Reveal()},
		dev:      c.Jobs.Dev.On,
		packaged: c.Packaged || allElsewhere(c.Functions, c.Elsewhere),
		log:      c.Logger,
		metrics:  newMetrics(),
		overrun:  c.Overrun,

		targets:   map[string]*target{},
		elsewhere: map[string]string{},

		tracker: tracker{ledger: c.Ledger, grace: cmp.Or(c.Grace, DefaultGrace), patience: ledgerPatience, memory: newMemory(), log: c.Logger},

		bodies: newBodies(),
		seen:   newKnown(signing.MaxAge+signing.MaxSkew, maxKnown),
		runs:   newKnown(time.Hour, maxKnown),
	}
	h.self = identity.New(identity.Config{
		Program: cmp.Or(c.Program, project.Module()), Origin: c.Origin, Path: Path, Key: h.keys.Current,
	})
	if h.keys.Current == "" && h.dev {
		// Nobody checks it in development, but [Host.Describe] signs with it.
		h.keys.Current = developmentKey()
	}
	if _, err := signing.Bearer(h.keys.Current); err != nil {
		return nil, err
	}
	var err error
	h.client, err = inngestgo.NewClient(h.options(c.Jobs))
	return h, err
}

// App returns the app's id.
func (h *Host) App() string { return h.app }

// Self returns which program the host is of.
func (h *Host) Self() *identity.Self { return h.self }

// Keys returns the keys that calls are signed with. In development there is always one.
func (h *Host) Keys() signing.Keys { return h.keys }

// Dev reports whether this is development: calls need no signature.
func (h *Host) Dev() bool { return h.dev }

// Packaged reports whether no process stays to be called, or all functions are in
// packages.
func (h *Host) Packaged() bool { return h.packaged }

// Running returns how many calls over a connection are going on.
func (h *Host) Running() int64 { return h.running.Load() }

// options leaves nothing for the SDK to look up in the environment.
func (h *Host) options(jobs config.Jobs) inngestgo.ClientOpts {
	return inngestgo.ClientOpts{
		AppID:              h.app,
		Dev:                &h.dev,
		Env:                new(""),
		SigningKey:         &h.keys.Current,
		SigningKeyFallback: &h.keys.Fallback,
		// Functions publish through shared/events, never through this client.
		EventKey:        new("none"),
		APIBaseURL:      new(jobs.Server()),
		EventAPIBaseURL: new(config.Events{Inngest: jobs.Inngest}.Server()),
		HTTPClient:      &http.Client{Timeout: callTimeout},
		MaxBodySize:     MaxBody,
		Logger:          slog.New(quiet{h.log.Handler()}),
		Middleware:      []func() middleware.Middleware{func() middleware.Middleware { return &observer{} }},
	}
}

func developmentKey() string {
	key := make([]byte, 16)
	_, _ = rand.Read(key) // never fails
	return hex.EncodeToString(key)
}
