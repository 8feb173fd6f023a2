package events

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/fault"
)

// Foreign is an event that came from outside.
type Foreign struct {
	Source string // who sends it: with ID, what it is known by
	ID     string
	Name   string
	Key    string // as of [Keyed]; "" if it has none
	Data   json.RawMessage
	Time   time.Time // when it happened; now if it is zero
}

// space is what the ids of outside events are made in.
var space = uuid.MustParse("6f0d1c1e-3c55-5a9e-9d35-0f5c3e5f4a11") //nolint:gochecknoglobals // a constant

// IDOf returns the id of the event that source knows as id: always the same.
func IDOf(source, id string) uuid.UUID {
	return uuid.NewSHA1(space, fmt.Appendf(nil, "%d:%s%s", len(source), source, id))
}

// Accept writes events from outside into the outbox, all or none, and returns their
// ids. One that is in the outbox, or that a run has handled in the last two days, is
// not written again.
//
// What [Bus.Publish] refuses, Accept does; and an event without a source, an id or
// data that is JSON.
func (b *Bus) Accept(ctx context.Context, events []Foreign) ([]uuid.UUID, error) {
	all, ids := make([]entry, len(events)), make([]uuid.UUID, len(events))
	for i, e := range events {
		var err error
		if all[i], err = e.entry(); err != nil {
			return nil, err
		}
		ids[i] = all[i].id
	}
	err := b.db.InTx(ctx, func(tx pgx.Tx) error { return insertNew(ctx, tx, all) })
	if err != nil {
		return nil, err
	}
	return ids, nil
}

func (e Foreign) entry() (entry, error) {
	if err := checkName(e.Name); err != nil {
		return entry{}, err
	}
	switch {
	case e.Source == "" || e.ID == "":
		return entry{}, fault.New(fault.Invalid, "The event %s needs a source and an id.", e.Name)
	case !json.Valid(e.Data):
		return entry{}, fault.New(fault.Invalid, "The data of the event %s is not JSON.", e.Name)
	}
	if err := checkSize(e.Name, len(e.Data)); err != nil {
		return entry{}, err
	}
	added := entry{id: IDOf(e.Source, e.ID), name: e.Name, key: optional(e.Key), data: string(e.Data)}
	if !e.Time.IsZero() {
		added.time = &e.Time
	}
	return added, nil
}
