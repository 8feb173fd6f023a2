// Package orders is what the functions under test have in common: a row for each
// transaction, an event that says so for one of several jobs, and what the jobs
// leave behind. Its tables are in tables.sql.
package orders

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/events"
)

// Order is the row, and the data of every event.
type Order struct {
	RowID uuid.UUID `json:"rowId"`
	Key   string    `json:"key"` // "" for none
	N     int       `json:"n"`   // the how manieth of its key
}

// The events: one for each job.
type (
	Placed  Order
	Moved   Order // those of a key take effect in the order of their numbers
	Stepped Order
	Broken  Order
	Doomed  Order
	Added   Order
)

func (Placed) EventName() string  { return "orders/placed" }
func (Moved) EventName() string   { return "orders/moved" }
func (Stepped) EventName() string { return "orders/stepped" }
func (Broken) EventName() string  { return "orders/broken" }
func (Doomed) EventName() string  { return "orders/doomed" }
func (Added) EventName() string   { return "orders/added" }

// EventKey implements events.Keyed.
func (m Moved) EventKey() string { return m.Key }

// event returns the event for the job called kind.
func event(kind string, o Order) (events.Event, error) {
	switch kind {
	case "placed":
		return Placed(o), nil
	case "moved":
		return Moved(o), nil
	case "stepped":
		return Stepped(o), nil
	case "broken":
		return Broken(o), nil
	case "doomed":
		return Doomed(o), nil
	case "added":
		return Added(o), nil
	}
	return nil, fmt.Errorf("there is no job %q", kind)
}

// ErrOnPurpose rolls a transaction back.
var ErrOnPurpose = errors.New("rolled back on purpose")

// Place writes the row of o, which gets its number, and publishes the event for the
// job called kind, in one transaction; or neither, with ErrOnPurpose, if rollback is
// set.
func Place(ctx context.Context, d *db.DB, bus *events.Bus, kind string, o Order, rollback bool) error {
	return d.InTx(ctx, func(tx pgx.Tx) error {
		if o.Key != "" { // one after another, so that the numbers say in which order they commit
			if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('faults ' || $1))`, o.Key); err != nil {
				return err
			}
		}
		err := tx.QueryRow(ctx, `INSERT INTO faults.row (id, job, key, n)
			SELECT $1, $2, $3, count(*) + 1 FROM faults.row WHERE key = $3 AND key <> '' RETURNING n`, o.RowID, kind, o.Key).Scan(&o.N)
		if err != nil {
			return err
		}
		e, err := event(kind, o)
		if err != nil {
			return err
		}
		if err := bus.Publish(ctx, tx, e); err != nil {
			return err
		}
		if rollback {
			return ErrOnPurpose
		}
		return nil
	})
}

// PlaceLater writes a row for each of the times, and publishes the event of each, held
// back until then, for the job called placed. The time of the row is that.
func PlaceLater(ctx context.Context, d *db.DB, bus *events.Bus, times []time.Time) error {
	return d.InTx(ctx, func(tx pgx.Tx) error {
		for _, t := range times {
			o := Order{RowID: uuid.New(), N: 1}
			if _, err := tx.Exec(ctx, `INSERT INTO faults.row (id, job, key, n, at) VALUES ($1, 'placed', '', 1, $2)`, o.RowID, t); err != nil {
				return err
			}
			if err := bus.Publish(ctx, tx, events.At(t, Placed(o))); err != nil {
				return err
			}
		}
		return nil
	})
}

// Effect leaves behind that job has handled the event of o, once for each event
// however often it is called, and counts the calls.
func Effect(ctx context.Context, d *db.DB, job string, o Order) error {
	_, err := d.Exec(ctx, `INSERT INTO faults.effect (id, row_id, job, key, n) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id, job) DO UPDATE SET bodies = faults.effect.bodies + 1`, events.ID(ctx), o.RowID, job, o.Key, o.N)
	if err != nil {
		return fmt.Errorf("leave the effect of %s: %w", o.RowID, err)
	}
	return nil
}

// Step leaves behind that the step called name has run.
func Step(ctx context.Context, d *db.DB, name string, o Order) (int, error) {
	var bodies int
	err := d.QueryRow(ctx, `INSERT INTO faults.step (row_id, name) VALUES ($1, $2)
		ON CONFLICT (row_id, name) DO UPDATE SET bodies = faults.step.bodies + 1 RETURNING bodies`, o.RowID, name).Scan(&bodies)
	return bodies, err
}

// Wait returns when nothing of this name is held back any more.
func Wait(ctx context.Context, d *db.DB, name string) error {
	for {
		held, err := d.Exec(ctx, `UPDATE faults.hold SET reached = true WHERE name = $1`, name)
		if err != nil || held.RowsAffected() == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
