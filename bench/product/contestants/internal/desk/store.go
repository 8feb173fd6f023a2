package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Item is one of a user's things.
type Item struct {
	ID        uuid.UUID `json:"id"`
	Owner     string    `json:"owner"`
	Name      string    `json:"name"`
	Size      int64     `json:"size"`
	Status    string    `json:"status"`
	CreatedAt time.Time `json:"createdAt"`
}

// ErrNone says that there is no such item.
var ErrNone = errors.New("there is no such item")

// Store keeps items and sessions.
type Store struct {
	pool   *pgxpool.Pool
	secret []byte
}

// Open returns the store.
func Open(ctx context.Context, e Env) (*Store, error) {
	c, err := pgxpool.ParseConfig(e.Database)
	if err != nil {
		return nil, err
	}
	c.MaxConns = int32(e.MaxConns)
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, err
	}
	return &Store{pool, []byte(e.Secret)}, nil
}

// Close closes the store.
func (s *Store) Close() { s.pool.Close() }

// A uuid is given to pgx, and taken from it, as the 16 bytes that it is: pgx does not know
// the type, and would make a text of it.

// Get returns an item, or ErrNone.
func (s *Store) Get(ctx context.Context, id uuid.UUID) (Item, error) {
	return scan(s.pool.QueryRow(ctx, `SELECT `+columns+` FROM item WHERE id = $1`, [16]byte(id)))
}

// Of returns a user's newest items, limit at most.
func (s *Store) Of(ctx context.Context, owner string, limit int) ([]Item, error) {
	return s.list(ctx, `SELECT `+columns+` FROM item WHERE owner = $1 ORDER BY id DESC LIMIT $2`, owner, limit)
}

// Newest returns the newest items of everybody, limit at most.
func (s *Store) Newest(ctx context.Context, limit int) ([]Item, error) {
	return s.list(ctx, `SELECT `+columns+` FROM item ORDER BY id DESC LIMIT $1`, limit)
}

const insert = `INSERT INTO item (id, owner, name, size, status) VALUES ($1, $2, $3, $4, $5) RETURNING ` + columns

// Add adds an item of a user.
func (s *Store) Add(ctx context.Context, owner, name string, size int64, status string) (Item, error) {
	return add(ctx, s.pool, owner, name, size, status)
}

// Announce adds an item of a user, and the event about it to the outbox.
func (s *Store) Announce(ctx context.Context, owner, name string, size int64) (added Item, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if added, err = add(ctx, tx, owner, name, size, "ordered"); err != nil {
			return err
		}
		return publish(ctx, tx, "item/added", map[string]any{"itemId": added.ID, "name": name})
	})
	return added, err
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func add(ctx context.Context, q querier, owner, name string, size int64, status string) (Item, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Item{}, err
	}
	return scan(q.QueryRow(ctx, insert, [16]byte(id), owner, name, size, status))
}

func (s *Store) list(ctx context.Context, sql string, args ...any) ([]Item, error) {
	rows, err := s.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	items, err := pgx.AppendRows(make([]Item, 0, 20), rows, func(row pgx.CollectableRow) (Item, error) { return scan(row) })
	if err != nil {
		return nil, fmt.Errorf("list items: %w", err)
	}
	return items, nil
}

const columns = `id, owner, name, size, status, created_at`

func scan(row pgx.Row) (Item, error) {
	var i Item
	err := row.Scan((*[16]byte)(&i.ID), &i.Owner, &i.Name, &i.Size, &i.Status, &i.CreatedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return i, ErrNone
	}
	i.CreatedAt = i.CreatedAt.UTC()
	return i, err
}
