package events

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// Admin is the outbox for a person who looks after it.
type Admin struct{ DB *db.DB }

// Kept is an event in the outbox.
type Kept struct {
	ID        uuid.UUID       `json:"id"`
	Name      string          `json:"name"`
	Key       *string         `json:"key,omitempty"`
	State     string          `json:"state"` // waiting, sent or dead
	CreatedAt time.Time       `json:"createdAt"`
	Sends     int             `json:"sends"`    // how often Inngest has taken it
	Attempts  int             `json:"attempts"` // how often sending it has failed since
	SentAt    *time.Time      `json:"sentAt,omitempty"`
	NextAt    *time.Time      `json:"nextAt,omitempty"` // none: it waits for another of its key, or is dead
	LastError *string         `json:"lastError,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"` // of Show alone
	Runs      []KeptRun       `json:"runs,omitempty"` // of Show alone
}

// KeptRun is a run that handles the event, or did.
type KeptRun struct {
	Function string    `json:"function"`
	RunID    string    `json:"runId"`
	BegunAt  time.Time `json:"begunAt"`
	DueAt    time.Time `json:"dueAt"`             // when it will have been heard of again, or has ended
	Outcome  *string   `json:"outcome,omitempty"` // done, failed or cancelled; none while it goes on
}

// Filter says which events to list: those of a state and of a name, if given.
type Filter struct {
	State, Name string
	Limit       int

	upTo int64 // seq; 0: all
}

const kept = `id, name, key, state, created_at, sends, attempts, sent_at, nullif(next_at, 'infinity'), last_error`

// List returns events, the oldest of each state first.
func (a Admin) List(ctx context.Context, f Filter) ([]Kept, error) {
	states := []string{stateDead, stateWaiting, stateSent}
	if f.State != "" {
		states = []string{f.State}
	}
	all := []Kept{}
	for _, state := range states {
		rows, err := a.DB.Query(ctx, `SELECT `+kept+` FROM outbox WHERE state = $1 AND ($2 = '' OR name = $2)
			AND ($4 = 0 OR seq <= $4) ORDER BY created_at, id LIMIT $3`, state, f.Name, f.Limit-len(all), f.upTo)
		if err != nil {
			return nil, err
		}
		found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k Kept, err error) {
			err = row.Scan(k.columns()...)
			return k, err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// columns are the destinations of what kept selects.
func (k *Kept) columns() []any {
	return []any{&k.ID, &k.Name, &k.Key, &k.State, &k.CreatedAt, &k.Sends, &k.Attempts, &k.SentAt, &k.NextAt, &k.LastError}
}

// Show returns the event with its data and its runs, or fault.NotFound.
func (a Admin) Show(ctx context.Context, id uuid.UUID) (Kept, error) {
	var k Kept
	err := a.DB.QueryRow(ctx, `SELECT `+kept+`, data FROM outbox WHERE id = $1`, id).Scan(append(k.columns(), &k.Data)...)
	if err != nil {
		return Kept{}, found(id, err)
	}
	rows, err := a.DB.Query(ctx, `SELECT function, run_id, begun_at, due_at, outcome FROM event_run
		WHERE event_id = $1 ORDER BY begun_at, function`, id)
	if err != nil {
		return Kept{}, err
	}
	k.Runs, err = pgx.CollectRows(rows, pgx.RowToStructByPos[KeptRun])
	return k, err
}

func found(id uuid.UUID, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.NotFound, "The event %s is not in the outbox, or is done.", id).Because(err)
	}
	return err
}

const (
	lockKey = `SELECT pg_advisory_xact_lock(1869968482, hashtext(key)) FROM outbox WHERE id = $1 AND key IS NOT NULL`
	// revive puts the event behind the others of its key.
	revive = `UPDATE outbox SET state = 'waiting', seq = DEFAULT, sends = 0, attempts = 0, next_at = now(),
		sent_at = NULL, first_sent_at = NULL WHERE id = $1 AND state = 'dead'`
	// hurry makes it long ago that the event was sent, if it was.
	hurry      = `UPDATE outbox SET next_at = now(), sent_at = sent_at - interval '1 hour' WHERE id = $1 AND state <> 'dead'`
	wakeRelays = `SELECT pg_notify('` + channel + `', '')`
)

// Retry has a dead event sent again, behind the others of its key; one that waits or
// is sent stays where it is and is dealt with at once: one that was sent is sent again
// unless all of its runs go on.
func (a Admin) Retry(ctx context.Context, id uuid.UUID) error {
	return a.DB.InTx(ctx, func(tx pgx.Tx) error {
		var batch pgx.Batch
		batch.Queue(lockKey, id)
		var revived, hurried int64
		count := func(n *int64) func(pgconn.CommandTag) error {
			return func(tag pgconn.CommandTag) error {
				*n = tag.RowsAffected()
				return nil
			}
		}
		batch.Queue(hurry, id).Exec(count(&hurried))
		batch.Queue(revive, id).Exec(count(&revived))
		batch.Queue(wakeRelays)
		if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
			return err
		}
		if revived+hurried == 0 {
			return found(id, pgx.ErrNoRows)
		}
		return nil
	})
}

// RetryDead has all dead events sent again, or those of a name, the oldest first, and
// returns how many.
func (a Admin) RetryDead(ctx context.Context, name string) (int, error) {
	// Not what is given up again meanwhile: a retry makes seq larger.
	f := Filter{State: stateDead, Name: name, Limit: 500}
	err := a.DB.QueryRow(ctx, `SELECT coalesce(max(seq), -1) FROM outbox WHERE state = 'dead'`).Scan(&f.upTo)
	if err != nil {
		return 0, err
	}
	for n := 0; ; {
		dead, err := a.List(ctx, f)
		if err != nil || len(dead) == 0 {
			return n, err
		}
		for _, k := range dead {
			switch err := a.Retry(ctx, k.ID); {
			case err == nil:
				n++
			case !fault.Is(err, fault.NotFound): // else somebody else was quicker
				return n, err
			}
		}
	}
}

// Drop deletes the event, whatever its state; the next one of its key may go. A run
// that has begun goes on.
func (a Admin) Drop(ctx context.Context, id uuid.UUID) error {
	return a.DB.InTx(ctx, func(tx pgx.Tx) error {
		var key *string
		err := tx.QueryRow(ctx, `DELETE FROM outbox WHERE id = $1 RETURNING key`, id).Scan(&key)
		if err != nil || key == nil {
			return found(id, err)
		}
		var batch pgx.Batch
		batch.Queue(release, []string{*key})
		batch.Queue(wakeRelays)
		return tx.SendBatch(ctx, &batch).Close()
	})
}
