// Package items keeps items. Their table is in schema/schema.hcl.
package items

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/fault"
)

// Item is one of a user's things.
type Item struct {
	ID        uuid.UUID `json:"id"`
	Owner     string    `json:"owner"`
	Name      string    `json:"name"`
	Size      int64     `json:"size" doc:"In bytes"`
	Status    string    `json:"status"`
	CreatedAt time.Time `json:"createdAt"` // in UTC
}

// Added is the event that there is a new item.
type Added struct {
	ItemID uuid.UUID `json:"itemId"`
	Name   string    `json:"name"`
}

// EventName implements events.Event.
func (Added) EventName() string { return "item/added" }

// Store keeps items.
type Store struct {
	db     *db.DB
	events *events.Bus
	byID   *db.Lookup[Item]
	newest *db.SharedQuery[Item]
}

// Open returns the items in d.
func Open(_ context.Context, d *db.DB, bus *events.Bus) (*Store, error) {
	byID := db.NewLookup(d, `SELECT `+columns+` FROM item WHERE id = $1`, scan)
	newest := db.NewSharedQuery(d, `SELECT `+columns+` FROM item ORDER BY id DESC LIMIT $1`, scan)
	return &Store{db: d, events: bus, byID: byID, newest: newest}, nil
}

// Get returns an item, whoever owns it. It fails with fault.NotFound if there is none.
func (s *Store) Get(ctx context.Context, id uuid.UUID) (Item, error) {
	i, err := s.byID.Get(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return i, fault.New(fault.NotFound, "There is no such item.")
	}
	return i, err
}

// Of returns a user's newest items, limit at most.
func (s *Store) Of(ctx context.Context, owner string, limit int) ([]Item, error) {
	rows, err := s.db.Query(ctx, `SELECT `+columns+` FROM item WHERE owner = $1 ORDER BY id DESC LIMIT $2`, owner, limit)
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows(make([]Item, 0, 20), rows, scan)
}

// Newest returns the newest items of everybody, limit at most. They are for several calls: nobody may change them.
func (s *Store) Newest(ctx context.Context, limit int) ([]Item, error) {
	return s.newest.Get(ctx, limit)
}

// New is what is said of an item that is to be added.
type New struct {
	Name, Status string
	Size         int64 // in bytes
}

// Add adds an item of a user.
func (s *Store) Add(ctx context.Context, owner string, n New) (Item, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Item{}, err
	}
	return one(ctx, s.db, insert, id, owner, n.Name, n.Size, n.Status)
}

// Announce adds an item of a user and publishes [Added]: both take effect, or neither.
func (s *Store) Announce(ctx context.Context, owner string, n New) (Item, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Item{}, err
	}
	var added Item
	err = s.db.InTx(ctx, func(tx pgx.Tx) error {
		if added, err = one(ctx, tx, insert, id, owner, n.Name, n.Size, n.Status); err != nil {
			return err
		}
		return s.events.Publish(ctx, tx, Added{ItemID: id, Name: n.Name})
	})
	if err != nil {
		return Item{}, fmt.Errorf("add an item: %w", err)
	}
	return added, nil
}

const insert = `INSERT INTO item (id, owner, name, size, status) VALUES ($1, $2, $3, $4, $5) RETURNING ` + columns

// one returns the one row of a query.
func one(ctx context.Context, q db.Querier, sql string, args ...any) (Item, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return Item{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scan)
}

// columns are those that scan reads.
const columns = `id, owner, name, size, status, created_at`

func scan(row pgx.CollectableRow) (Item, error) {
	c := db.ColumnsOf(row)
	i := Item{ID: c.UUID(), Owner: c.Text(), Name: c.Text(), Size: c.Int(), Status: c.Text(), CreatedAt: c.Time()}
	return i, c.Err()
}
