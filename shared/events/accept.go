package events

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Foreign is an event from outside.
type Foreign struct {
	Source, ID string // together they are its identity
	Name       string
	Key        string // as of a [Keyed] event; "" for none
	Data       json.RawMessage
	Time       time.Time // when it happened; now if zero, to come, or before Inngest's time
	Until      time.Time // held back until then; not if zero or past
}

// IDOf returns the id that the event called id by source has here.
func IDOf(source, id string) uuid.UUID {
	return uuid.NewSHA1(uuid.NewSHA1(uuid.NameSpaceURL, []byte(source)), []byte(id))
}

// Accept publishes events from outside, all or none, and returns their ids in the
// same order. An event that has come before is left out. It is known for two days at least
// after its runs have ended.
//
// What is wrong with an event is fault.Invalid, as for [Bus.Publish].
func (b *Bus) Accept(ctx context.Context, all []Foreign) ([]uuid.UUID, error) {
	added, ids := make([]row, len(all)), make([]uuid.UUID, len(all))
	for i, f := range all {
		if err := check(f.Name, f.Data); err != nil {
			return nil, err
		}
		ids[i] = IDOf(f.Source, f.ID)
		added[i] = row{id: ids[i], name: f.Name, key: f.Key, data: string(f.Data), at: sane(f.Time), until: upcoming(f.Until)}
	}
	if err := b.db.InTx(ctx, func(tx pgx.Tx) error { return b.insert(ctx, tx, added) }); err != nil {
		return nil, err
	}
	return ids, nil
}

// begins is the first year of which Inngest takes events.
const begins = 1980

// sane returns t, or zero if Inngest would refuse an event of that time, or keep it
// back until then.
func sane(t time.Time) time.Time {
	if t.Year() < begins || t.After(time.Now()) {
		return time.Time{}
	}
	return t
}
