// Package migrate makes a database as a [schema.Source] says.
//
// There are no migration files: the difference between the database and the schema
// is worked out (by Atlas, on a scratch database where the schema's own wording
// becomes PostgreSQL's), shown, and applied in one transaction. Only the
// PostgreSQL schemas that it names are compared, and of those not what an
// extension owns. What was applied is recorded in switchyard_internal.migration.
//
// A plan that would lose data is refused.
package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"switchyard/internal/migrate/release"
	"switchyard/internal/schema"
)

// Options are the options of [Apply].
type Options struct {
	// Log takes lines about what takes time. Defaults to nowhere.
	Log io.Writer
}

// Result is what [Plan] found to do, or what [Apply] did.
type Result struct {
	// Statements are in the order in which they run; none if there is nothing to do.
	Statements []Statement
	// Destructive says, a text each, what of the data the statements would lose.
	Destructive []string
	// Took is how long it took, without the wait for another migration.
	Took time.Duration
}

// Statement is one SQL statement of a plan.
type Statement struct {
	SQL string
	// File is the [File] of the table that it is about; "" if no file has that table, or
	// it is about something else.
	File string
}

// DestructiveError is the refusal to apply a plan that would lose data. Nothing
// was changed.
type DestructiveError struct {
	Losses []string // what would be lost, a text each
}

// Error names what would be lost and says what to do.
func (e *DestructiveError) Error() string {
	return fmt.Sprintf("refused, because data would be lost:\n  %s\n"+
		"To keep it, write it into schema/schema.hcl; a column of a service's table as table \"x\" { column … }. %sTables of another program can also move to a PostgreSQL schema of their own, "+
		"which is not looked at: CREATE SCHEMA other; ALTER TABLE … SET SCHEMA other. "+
		"What is to go, or to get another type, remove or change by hand. Then migrate again. Nothing was changed.%s",
		strings.Join(e.Losses, "\n  "), e.gone(), e.hint())
}

// gone says why tables are lost, if some are.
func (e *DestructiveError) gone() string {
	if !slices.ContainsFunc(e.Losses, func(loss string) bool { return strings.HasPrefix(loss, lostTable) }) {
		return ""
	}
	return "A table that no file of the schema has is another program's, or that of a service that no function needs any more: " +
		"to keep such a table, copy it there from the service's schema.hcl; else drop it by hand. "
}

const (
	hintPlugins = "\nThe plugins of Better Auth that made user.banned and user.twoFactorEnabled are not served here. As long as the " +
		"columns are there, users who are banned, or have a second factor, are refused sign-in; without them the password would do. See docs/auth.md."
	hintIssuer = "\nBetter Auth 1.7.0 to 1.7.2 cannot do without account.issuer; it is filled in here as they do."
)

// hint says what columns among the losses mean that Better Auth has made.
func (e *DestructiveError) hint() (hint string) {
	for _, column := range [...]string{"user.banned", "user.banExpires", "user.twoFactorEnabled"} {
		if e.loses(column) {
			hint = hintPlugins
		}
	}
	if e.loses("account.issuer") {
		hint += hintIssuer
	}
	return hint
}

func (e *DestructiveError) loses(column string) bool {
	return slices.ContainsFunc(e.Losses, func(loss string) bool { return strings.HasPrefix(loss, lostColumn+column+" ") })
}

// Plan works out what [Apply] would do to the database at url, and changes nothing
// in it. A plan that would lose data is no error here: see [Result.Destructive].
//
// Like Apply it needs a connection without a pooler and a role that may create
// databases.
func Plan(ctx context.Context, url string, source schema.Source) (Result, error) {
	var r Result
	err := locked(ctx, url, io.Discard, func(conn *sql.Conn) (err error) {
		r, err = timed(func() (Result, error) { return plan(ctx, conn, url, source) })
		return err
	})
	return r, err
}

// Apply makes the database at url as schema says, in one transaction: after an
// error nothing is changed. Of several at once the others wait for the first and
// then find nothing to do. If data would be lost it returns a *[DestructiveError],
// along with the plan it refused.
func Apply(ctx context.Context, url string, source schema.Source, o Options) (Result, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	var r Result
	err := locked(ctx, url, o.Log, func(conn *sql.Conn) (err error) {
		r, err = timed(func() (Result, error) {
			start := time.Now()
			p, err := plan(ctx, conn, url, source)
			if err != nil {
				return Result{}, err
			}
			if len(p.Destructive) > 0 {
				return p, &DestructiveError{Losses: p.Destructive}
			}
			return p, execute(ctx, conn, source, p.Statements, start)
		})
		return err
	})
	return r, err
}

func timed(do func() (Result, error)) (Result, error) {
	start := time.Now()
	r, err := do()
	r.Took = time.Since(start)
	return r, err
}

// execute runs the statements and records that they ran, all in one transaction.
// If there are none, and this schema was the last one applied, it does nothing.
func execute(ctx context.Context, conn *sql.Conn, source schema.Source, statements []Statement, start time.Time) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s.SQL); err != nil {
			return fmt.Errorf("%s: %w. Nothing was changed", s.SQL, err)
		}
	}
	if err := record(ctx, tx, source, statements, start); err != nil {
		return fmt.Errorf("record the migration: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// The table stands in a PostgreSQL schema of its own, which is not compared. It is
// not called switchyard: a role of that name would have it first in its search path,
// and what is created by hand would end up there. To be given the schema is as good
// as the right to create it.
const (
	createSchema = `DO $$ BEGIN
		IF to_regnamespace('switchyard_internal') IS NULL THEN CREATE SCHEMA switchyard_internal; END IF;
	END $$`
	createTable = `CREATE TABLE IF NOT EXISTS switchyard_internal.migration (
		id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		applied_at timestamptz NOT NULL DEFAULT now(),
		duration   interval NOT NULL,
		digest     text NOT NULL,
		statements text[] NOT NULL
	)`
	lastDigest = `SELECT coalesce((SELECT digest FROM switchyard_internal.migration ORDER BY id DESC LIMIT 1), '')`
	insert     = `INSERT INTO switchyard_internal.migration (duration, digest, statements)
		VALUES ($1::bigint * interval '1 microsecond', $2, $3)`
)

// record keeps the statements in switchyard_internal.migration.
func record(ctx context.Context, tx *sql.Tx, source schema.Source, statements []Statement, start time.Time) error {
	for _, s := range []string{createSchema, createTable, release.CreateTable} {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	var last string
	if err := tx.QueryRowContext(ctx, lastDigest).Scan(&last); err != nil {
		return err
	}
	if len(statements) == 0 && last == source.Digest() {
		return nil
	}
	texts := []string{} // not NULL if there are none
	for _, s := range statements {
		texts = append(texts, s.SQL)
	}
	_, err := tx.ExecContext(ctx, insert, time.Since(start).Microseconds(), source.Digest(), texts)
	return err
}
