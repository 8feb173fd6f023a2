// Package store keeps Better Auth's tables: user, session, account, verification.
// A Node server may use them at the same time.
package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/names"
	"switchyard/shared/db"
)

// Store is the tables in a database. Each of its methods is one query, outside of
// a transaction unless it comes from [Store.InTx].
type Store struct {
	Queries
	db   *db.DB
	live *db.Lookup[live]
}

// New returns the store in d, where the tables and columns are called as n says.
func New(d *db.DB, n names.Names) *Store {
	return &Store{Queries: Queries{d, n}, db: d, live: db.NewLookup(d, n.SQL(findLive), scanLive)}
}

// InTx runs fn in a transaction; see db.DB.InTx.
func (s *Store) InTx(ctx context.Context, fn func(q Queries, tx pgx.Tx) error) error {
	return s.db.InTx(ctx, func(tx pgx.Tx) error { return fn(Queries{tx, s.names}, tx) })
}

// Queries are the queries. What is looked for and not there is reported by a bool,
// not by an error. Rows are stored and returned with times in whole milliseconds,
// in UTC. Text that PostgreSQL cannot hold, with a zero byte or not in UTF-8, is
// fault.Invalid.
type Queries struct {
	q     db.Querier
	names names.Names
}
