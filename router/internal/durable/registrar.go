package durable

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

	"switchyard/shared/db"
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
	lastPause     = 2 * time.Second    // the most between two tries to reach it
)

// RegistrarConfig is what a [Registrar] needs.
type RegistrarConfig struct {
	DB *db.DB
	// Deployment is what the platform calls this release, the same in each of its
	// replicas. If it does not say, a release is what was built and what it offers.
	Deployment string
	// Build is what the binary was built from.
	Build string
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
	host       *Host
	db         *db.DB
	manifest   *manifest
	release    string
	functions  []byte
	listeners  []byte
	since      *time.Time // when the release began, once that is known
	beat       time.Time  // when this replica last said that it lives
	named      bool       // the database has said which one it is
	reached    bool       // a replica has answered at the origin
	registered chan struct{}
	known      sync.Once // closes registered
}

// NewRegistrar returns the registrar of this process. Its Run is what works.
func (h *Host) NewRegistrar(ctx context.Context, c RegistrarConfig) (*Registrar, error) {
	m, err := h.manifest(ctx)
	if err != nil {
		return nil, err
	}
	r := &Registrar{host: h, db: c.DB, manifest: m, functions: m.Functions, registered: make(chan struct{})}
	if r.listeners, err = json.Marshal(h.Listeners()); err != nil {
		return nil, fmt.Errorf("list the listeners: %w", err)
	}
	switch sum := sha256.Sum256(m.Functions); {
	case h.dev:
		r.release = "development-" + rand.Text() // each start may be of other code
	case c.Deployment != "":
		r.release = c.Deployment
	default:
		r.release = c.Build + "-" + hex.EncodeToString(sum[:8])
	}
	return r, nil
}

// Registered is closed once Inngest is known to have the functions of this release, or
// a newer one has taken its place.
func (r *Registrar) Registered() <-chan struct{} { return r.registered }

// Run keeps the registration in step until ctx ends. While the database or Inngest do
// not answer it keeps trying. Trouble, and its end, goes to the log.
func (r *Registrar) Run(ctx context.Context) {
	var t trouble
	for ctx.Err() == nil {
		worked := false
		err := r.prepare(ctx)
		if err == nil {
			worked, err = r.session(ctx)
		}
		if ctx.Err() != nil {
			break
		}
		if worked {
			t = trouble{}
		}
		r.host.log.Log(ctx, t.level(err), "nobody here looks after the registration of jobs; trying again", slog.Any("error", err))
		pause(ctx, min(t.pause(), lastPause))
	}
	r.leave(ctx)
}

// prepare finds out whose the functions are, and makes sure that they are reached where
// Inngest is to call them. Nobody hears of a replica of which that is not so.
func (r *Registrar) prepare(ctx context.Context) error {
	if !r.named {
		ctx, cancel := context.WithTimeout(ctx, askDatabase)
		defer cancel()
		self, err := r.host.self.Load().withDatabase(ctx, r.db)
		if err != nil {
			return err
		}
		r.host.self.Store(self)
		if r.manifest, err = r.host.manifest(ctx); err != nil {
			return err
		}
		r.functions, r.named = r.manifest.Functions, true
	}
	if !r.reached {
		if err := r.host.tryOrigin(ctx); err != nil {
			return err
		}
		r.reached = true
	}
	return nil
}

// leave says that this replica has stopped. If no other one of its release says that
// it lives, the release is soon taken for gone; in development at once, where there is no
// other one.
func (r *Registrar) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	early := leaveEarly
	if r.host.dev {
		early = liveFor + time.Second
	}
	_, err := r.db.Exec(ctx, `WITH left_early AS (
			UPDATE job_release SET seen_at = least(seen_at, now() - $3::interval) WHERE origin = $1 AND release = $2
		) SELECT pg_notify($4, '')`, r.origin(), r.release, early, releases)
	if err != nil {
		r.host.log.DebugContext(ctx, "the release was not signed off", slog.Any("error", err))
	}
}

// origin is what a service is known by.
func (r *Registrar) origin() string { return r.host.url }

// again has the leading registrar, in whichever process, tell Inngest again.
func (r *Registrar) again(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askDatabase)
	defer cancel()
	_, err := r.db.Exec(ctx, `SELECT pg_notify($1, $2)`, releases, sayAgain)
	return err
}
