package events

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/fault"
)

// held is an event that is held back.
type held struct {
	Event
	until time.Time
}

// At returns e as an event that [Bus.Publish] holds back until t, by the clock of the
// database: its time and its place among the events of its key are those of t, and not
// those of the commit. It is sent within a second of t, or as soon after that as a router
// serves ([Bus.Relay]) or a Lambda sweeps ([Bus.Sweep]). Until then it is a row of the outbox
// and costs nothing else. Name, key and data are e's.
//
// It is sent at once if t is zero or past, by the clock of this process. A t after the year 9999 makes Publish fail with
// fault.Invalid. Of an At within an At the outer time counts.
func At(t time.Time, e Event) Event {
	e, _ = split(e)
	return held{e, t}
}

// split returns what [At] was given; the zero time if the event is to be sent at once.
func split(e Event) (Event, time.Time) {
	if h, ok := e.(held); ok {
		return h.Event, upcoming(h.until)
	}
	return e, time.Time{}
}

// upcoming returns t, or zero if it has come.
func upcoming(t time.Time) time.Time {
	if t.After(time.Now()) {
		return t
	}
	return time.Time{}
}

// lastYear is the last one that can be written as RFC 3339.
const lastYear = 9999

// checkTime says whether an event can be held back until t.
func checkTime(name string, t time.Time) error {
	if t.UTC().Year() > lastYear {
		return fault.New(fault.Invalid, "The event %s cannot be held back until the year %d: at most until %d.", name, t.UTC().Year(), lastYear)
	}
	return nil
}

// Cancel deletes the events of e's name and key that are held back, also those that tx
// itself has published, as a part of tx; what else e has does not matter. It returns how
// many they were.
//
// One whose time has come is not among them, even if nothing has begun to handle it: so a
// job has to look whether what it was held back for still holds. If tx is rolled back they
// are held as before, and if their time has come by then they are sent a moment later. An
// e without a key is fault.Invalid.
func (b *Bus) Cancel(ctx context.Context, tx pgx.Tx, e Keyed) (int, error) {
	if e.EventKey() == "" {
		return 0, fault.New(fault.Invalid, "The event %s has no key, by which it could be cancelled.", e.EventName())
	}
	tag, err := tx.Exec(ctx, `DELETE FROM outbox WHERE key = $1 AND name = $2 AND state = 'held'`, e.EventKey(), e.EventName())
	if err != nil {
		return 0, fmt.Errorf("cancel the event %s: %w", e.EventName(), refused(err))
	}
	return int(tag.RowsAffected()), nil
}
