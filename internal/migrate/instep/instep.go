// Package instep tells whether a database holds what a program expects of it. It compares
// the database with what was recorded when the program's schema was applied, so that it
// plans nothing and does not link Atlas.
package instep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate/record"
	"switchyard/internal/migrate/release"
	"switchyard/internal/migrate/snapshot"
)

var (
	// ErrBehind says that the schema was never applied.
	ErrBehind = errors.New("the schema has not been applied")
	// ErrMigrating says that there is nothing to compare: a migration is changing the database.
	ErrMigrating = errors.New("a migration is running")
)

// migrating asks for the lock that package migrate takes: a number of 64 bits, in halves.
const migrating = `SELECT EXISTS (SELECT FROM pg_locks, hashtextextended($1, 0) AS key
	WHERE locktype = 'advisory' AND objsubid = 1 AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND classid::bigint = (key >> 32) & 4294967295 AND objid::bigint = key & 4294967295)`

// Program is the program whose expectations are compared.
type Program struct {
	Digest string // of its schema
	Uses   release.Uses
}

// Look compares the database with what p expects. A change that a later schema made on purpose
// is no difference, unless p uses what is gone. If nothing was recorded for p, as with older
// versions, there is no difference. The error is [ErrBehind], [ErrMigrating], or the
// database's.
func (p Program) Look(ctx context.Context, conn *pgx.Conn) (d snapshot.Difference, err error) {
	applied, later, err := record.Recorded(ctx, conn, p.Digest)
	if err == nil && !applied {
		err = ErrBehind
	}
	if err != nil {
		return d, err
	}
	own, err := decode(record.Expected(ctx, conn, p.Digest))
	if err != nil || own == nil {
		return d, err
	}
	last := own
	if later {
		_, text, err := record.Last(ctx, conn)
		newest, err := decode(text, err)
		if err != nil {
			return d, err
		}
		if newest != nil {
			last = newest
		}
	}
	var busy bool
	if err := conn.QueryRow(ctx, migrating, pgx.QueryExecModeExec, record.LockName()).Scan(&busy); err != nil {
		return d, fmt.Errorf("look for a migration: %w", err)
	}
	if busy {
		return d, ErrMigrating
	}
	is, err := snapshot.Read(ctx, conn, own.Schemas)
	if err != nil {
		return d, fmt.Errorf("read the tables: %w", err)
	}
	return snapshot.Difference{
		Missing: snapshot.Compare(expect(*own, *last, p.Uses), is).Missing,
		More:    snapshot.Compare(*last, is).More,
	}, nil
}

// decode reads a recorded snapshot; nil if there is none.
func decode(text []byte, err error) (*snapshot.Snapshot, error) {
	if err != nil || text == nil {
		return nil, err
	}
	s := &snapshot.Snapshot{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("read what the database shall hold: %w", err)
	}
	return s, nil
}
