// Package release keeps what Inngest knows of an app's functions in step with the services
// and releases that run and share a database: the registrars of all replicas find each
// other there, and one of them tells Inngest of all functions together.
//
// The tables are in shared/events/schema.hcl: job_release has a row for each release of
// each service, and channel job_release tells of changes.
package release

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"switchyard/internal/backoff"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/registration"
	"switchyard/shared/db"
	"switchyard/shared/events/ledger"
)

// The registrar's measures of time.
const (
	beatEvery     = 15 * time.Second   // each replica says that it lives
	liveFor       = time.Minute        // a release whose replicas say nothing for so long is gone
	leaveEarly    = 30 * time.Second   // how much sooner it is gone after a replica has stopped
	registerEvery = 5 * time.Minute    // Inngest is told again: it may have forgotten
	keepOld       = time.Hour          // a release that another one has replaced is remembered
	keepLast      = 7 * 24 * time.Hour // what a service that is gone offers stays registered
	askDatabase   = 5 * time.Second    // one question to the database
	prepareWithin = 2 * time.Second    // the most between two tries to begin
	catchUp       = 4 * time.Second    // for others that were cut off, too, to say that they live
)

// Config describes a [Registrar].
type Config struct {
	DB *db.DB
	// Deployment is the platform's name of this release, the same in each of its
	// replicas. Defaults to a name made of Build and the functions.
	Deployment string
	// Build names the source that the binary was built from, such as a commit.
	Build string
	// Address is the base URL at which other replicas reach this one; "" if none does.
	Address string
	Logger  *slog.Logger
}

// Registrar keeps what Inngest knows of the functions in step with the services and
// releases that run. Inngest has one list of the application's functions. It is posted
// by one replica at a time, and is the union of what the newest release of each
// service offers; a service is known by its origin. So services that share a database
// can each serve a part of the functions, and during a rollout the older release
// takes nothing back.
//
// The newest release is the one that started last of those that live, by the
// database's clock: when it is gone for a minute, an older one that still lives
// follows. A release that starts again after it was gone counts as new: a rollback.
type Registrar struct {
	host       *durable.Host
	app        *registration.App
	db         *db.DB
	log        *slog.Logger
	manifest   *registration.Manifest
	release    string
	address    string
	kept       []json.RawMessage // see Keep
	functions  json.RawMessage
	listeners  json.RawMessage
	since      *time.Time // when the release began, once that is known
	beat       time.Time  // when this replica last said that it lives
	named      bool       // the database has said which one it is
	reached    bool       // a replica has answered at the origin
	failures   registration.Failures
	registered chan struct{}
	known      sync.Once // closes registered
}

// New returns the registrar of this process, whose functions are those of host and app.
// Nothing happens before its Run.
func New(ctx context.Context, host *durable.Host, app *registration.App, c Config) (*Registrar, error) {
	r := &Registrar{host: host, app: app, db: c.DB, address: c.Address, log: c.Logger, registered: make(chan struct{})}
	if err := r.list(ctx); err != nil {
		return nil, err
	}
	var err error
	if r.listeners, err = json.Marshal(host.Listeners()); err != nil {
		return nil, fmt.Errorf("list the listeners: %w", err)
	}
	switch sum := sha256.Sum256(r.functions); {
	case host.Dev():
		r.release = "development-" + rand.Text() // each start may be of other code
	case c.Deployment != "":
		r.release = c.Deployment
	default:
		r.release = c.Build + "-" + hex.EncodeToString(sum[:8])
	}
	return r, nil
}

// Keep has functions registered that are not here, by their configurations: releases before this
// one carry on runs of them. It is called before Run.
func (r *Registrar) Keep(functions []json.RawMessage) { r.kept = functions }

// Release returns the name of this release: see table job_release.
func (r *Registrar) Release() string { return r.release }

// list notes what this process offers.
func (r *Registrar) list(ctx context.Context) (err error) {
	if r.manifest, err = r.app.Manifest(ctx); err != nil {
		return err
	}
	r.manifest.Functions = append(r.manifest.Functions, r.kept...)
	if r.functions, err = json.Marshal(r.manifest.Functions); err != nil {
		return fmt.Errorf("list the functions: %w", err)
	}
	return nil
}

// Registered is closed once Inngest is known to have the functions of this release, or
// a newer one has taken its place.
func (r *Registrar) Registered() <-chan struct{} { return r.registered }

// Run keeps the registration in step until ctx ends. While the database or Inngest do
// not answer it keeps trying. Trouble, and its end, goes to the log.
func (r *Registrar) Run(ctx context.Context) {
	defer r.leave(ctx)
	for {
		err := r.prepare(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			break
		}
		r.failed(ctx, err)
		backoff.Sleep(ctx, min(r.failures.Wait(), prepareWithin))
	}
	r.db.Listen(ctx, releases, r.session, func(err error) { r.failed(ctx, err) })
}

func (r *Registrar) failed(ctx context.Context, err error) {
	r.log.Log(ctx, r.failures.Add(err), "nobody here looks after the registration of jobs; trying again", slog.Any("error", err))
}

// prepare finds out whose the functions are, and makes sure that they are reached where
// Inngest is to call them. A replica that is not reached there tells no other of itself.
// Events that nobody else listens to wait for its functions all the same: it may publish some.
func (r *Registrar) prepare(ctx context.Context) error {
	if !r.named {
		ctx, cancel := context.WithTimeout(ctx, askDatabase)
		defer cancel()
		if err := r.host.Self().UseDatabase(ctx, r.db); err != nil {
			return err
		}
		if err := r.list(ctx); err != nil {
			return err
		}
		r.named = true
	}
	if !r.reached {
		if err := r.await(ctx); err != nil {
			return err
		}
		if err := r.app.TryOrigin(ctx); err != nil {
			return err
		}
		r.reached = true
	}
	return nil
}

// await has events wait for the functions of this process that nobody else listens to.
func (r *Registrar) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askDatabase)
	defer cancel()
	return ledger.Await(ctx, r.db, r.host.Listeners())
}

// leave says that this replica has stopped. If no other one of its release says that
// it lives, the release is soon taken for gone; in development at once, where there is no
// other one.
func (r *Registrar) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	early := leaveEarly
	if r.host.Dev() {
		early = liveFor + time.Second
	}
	_, err := r.db.Exec(ctx, `WITH left_early AS (
			UPDATE job_release SET seen_at = least(seen_at, now() - $3::interval) WHERE origin = $1 AND release = $2
		) SELECT pg_notify($4, '')`, r.origin(), r.release, early, releases)
	if err != nil {
		r.log.DebugContext(ctx, "the release was not signed off", slog.Any("error", err))
	}
}

// origin returns the URL by which this service is known.
func (r *Registrar) origin() string { return r.host.Self().URL() }

// again has the leading registrar, in whichever process, tell Inngest again.
func (r *Registrar) again(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askDatabase)
	defer cancel()
	_, err := r.db.Exec(ctx, `SELECT pg_notify($1, $2)`, releases, registerAgain)
	return err
}
