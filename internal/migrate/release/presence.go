package release

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// The measures of time of a replica that stays, and of one that is frozen between calls.
const (
	beatEvery      = 20 * time.Second
	aliveFor       = time.Minute
	frozenBeat     = time.Minute
	frozenAliveFor = 15 * time.Minute
	askWithin      = 5 * time.Second
	frozenAsk      = time.Second // the answer of a call waits for it
)

// forget removes replicas that were killed and never came back.
const (
	seen   = `UPDATE switchyard_internal.release SET seen_at = now() WHERE replica = $1`
	add    = `INSERT INTO switchyard_internal.release (replica, id, digest, uses, alive_for) VALUES ($1, $2, $3, $4::text::jsonb, $5)`
	forget = `DELETE FROM switchyard_internal.release WHERE seen_at < now() - interval '1 day'`
	leave  = `DELETE FROM switchyard_internal.release WHERE replica = $1`
)

// Execer is a pool or a connection.
type Execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// Presence tells migrations that this process, a replica of a release, lives. Make one with
// [NewPresence].
type Presence struct {
	db      Execer
	release Release
	replica string
	frozen  bool
	log     *slog.Logger

	mu     sync.Mutex // of Say
	said   time.Time
	warned bool
}

// NewPresence returns the presence of a replica of r. frozen says that nothing runs between two
// calls, as on AWS Lambda. A replica counts as alive for a minute after it last said so; a
// frozen one for 15 minutes.
func NewPresence(db Execer, r Release, frozen bool, log *slog.Logger) *Presence {
	return &Presence{db: db, release: r, replica: rand.Text(), frozen: frozen, log: log}
}

// Run says every 20 seconds that the replica lives. When ctx ends, it removes the replica and
// returns. While it cannot reach the table, it warns once and keeps trying.
func (p *Presence) Run(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		p.try(ctx)
		select {
		case <-ctx.Done():
			p.leave(ctx)
			return
		case <-tick.C:
		}
	}
}

// Say says that the replica lives, unless it has said so in the last minute. A frozen replica
// calls it in place of Run.
func (p *Presence) Say(ctx context.Context) {
	if !p.mu.TryLock() { // another call does so
		return
	}
	defer p.mu.Unlock()
	if now := time.Now().Round(0); now.Sub(p.said) > frozenBeat { // the other clock stands still meanwhile
		p.said = now // also if it fails: the next call is not to wait for it as well
		p.try(ctx)
	}
}

func (p *Presence) try(ctx context.Context) {
	within := askWithin
	if p.frozen {
		within = frozenAsk
	}
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err := p.beat(limited)
	if err != nil && !p.warned && ctx.Err() == nil {
		p.log.WarnContext(ctx, "this release cannot say that it lives, so that migrations do not know of it: "+
			"its role needs USAGE on the schema switchyard_internal, and SELECT, INSERT, UPDATE and DELETE on the table release there, which `router migrate` makes",
			slog.Any("error", err))
	}
	p.warned = err != nil
}

func (p *Presence) beat(ctx context.Context) error {
	tag, err := p.db.Exec(ctx, seen, p.replica)
	if err != nil || tag.RowsAffected() > 0 {
		return err
	}
	uses, err := json.Marshal(p.release.Uses)
	if err != nil {
		return fmt.Errorf("write down what is used: %w", err)
	}
	lives := aliveFor
	if p.frozen {
		lives = frozenAliveFor
	}
	if _, err := p.db.Exec(ctx, add, p.replica, p.release.ID, p.release.Digest, string(uses), lives); err != nil {
		return err
	}
	_, err = p.db.Exec(ctx, forget)
	return err
}

func (p *Presence) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWithin)
	defer cancel()
	if _, err := p.db.Exec(ctx, leave, p.replica); err != nil {
		p.log.DebugContext(ctx, "the release was not signed off", slog.Any("error", err))
	}
}
