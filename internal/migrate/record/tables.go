package record

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/project"
)

// CreateSchema makes the PostgreSQL schema in which the tables stand, and which is not
// compared. It is not called switchyard: a role of that name would have it first in its
// search path, and what is created by hand would end up there. To be given the schema is as
// good as the right to create it. Somebody else may create it at the same moment.
const CreateSchema = `DO $$ BEGIN
	IF to_regnamespace('switchyard_internal') IS NULL THEN CREATE SCHEMA switchyard_internal; END IF;
EXCEPTION WHEN duplicate_schema OR unique_violation THEN NULL;
END $$`

// LockName names the advisory lock under which a database is migrated. Its key is
// hashtextextended(name, 0); PostgreSQL keeps such locks by database.
func LockName() string { return "migrate " + project.Name() }

// createTables makes what is not there. The table migration is older than the others: its
// column statements holds the SQL of rows that have none in the table statement. A row
// counts from the moment on in which it has a digest.
const createTables = `
CREATE TABLE IF NOT EXISTS switchyard_internal.migration (
	id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	applied_at timestamptz NOT NULL DEFAULT now(),
	duration   interval NOT NULL,
	digest     text NOT NULL,
	statements text[] NOT NULL
);
ALTER TABLE switchyard_internal.migration
	ADD COLUMN IF NOT EXISTS release     text NOT NULL DEFAULT '',
	ADD COLUMN IF NOT EXISTS role        text NOT NULL DEFAULT '',
	ADD COLUMN IF NOT EXISTS finished_at timestamptz,
	ADD COLUMN IF NOT EXISTS error       text NOT NULL DEFAULT '';
CREATE TABLE IF NOT EXISTS switchyard_internal.statement (
	migration  bigint NOT NULL REFERENCES switchyard_internal.migration ON DELETE CASCADE,
	seq        integer NOT NULL,
	sql        text NOT NULL,
	object     text NOT NULL,
	class      text NOT NULL,
	allowed    text NOT NULL,
	file       text NOT NULL,
	began_at   timestamptz NOT NULL,
	duration   interval NOT NULL,
	waited     interval NOT NULL,
	waited_for text NOT NULL,
	error      text NOT NULL,
	PRIMARY KEY (migration, seq)
);
CREATE TABLE IF NOT EXISTS switchyard_internal.script (
	file       text PRIMARY KEY,
	digest     text NOT NULL,
	applied_at timestamptz NOT NULL DEFAULT now(),
	migration  bigint
);
CREATE TABLE IF NOT EXISTS switchyard_internal.expected (
	digest      text PRIMARY KEY,
	snapshot    jsonb NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT now()
)`

// complete tells whether all that is there: a look does not wait for those who read the
// tables, as ALTER TABLE does.
const complete = `SELECT to_regclass('switchyard_internal.statement') IS NOT NULL
	AND to_regclass('switchyard_internal.script') IS NOT NULL
	AND to_regclass('switchyard_internal.expected') IS NOT NULL
	AND EXISTS (SELECT FROM pg_attribute
		WHERE attrelid = to_regclass('switchyard_internal.migration') AND attname = 'error')`

// SQL returns the statements that make the tables, for psql.
func SQL() string { return CreateSchema + ";" + createTables + ";" }

// ScriptSQL returns the SQL that notes that an SQL file ran.
func ScriptSQL(name, digest string) string {
	return fmt.Sprintf(`INSERT INTO switchyard_internal.script (file, digest) VALUES (%s, %s) ON CONFLICT (file) DO UPDATE SET digest = excluded.digest, applied_at = now();`,
		literal(name), literal(digest))
}

// AppliedSQL returns the SQL that notes that somebody has applied the statements by hand. After
// it, the database counts as being as the schema of that digest says, and is expected to hold
// the snapshot, which is JSON.
func AppliedSQL(digest string, statements []string, snapshot []byte) string {
	texts := make([]string, len(statements))
	for i, s := range statements {
		texts[i] = literal(s)
	}
	return fmt.Sprintf(`INSERT INTO switchyard_internal.expected (digest, snapshot) VALUES (%[1]s, %[2]s)
	ON CONFLICT (digest) DO UPDATE SET snapshot = excluded.snapshot, recorded_at = now();
INSERT INTO switchyard_internal.migration (duration, digest, statements, release, role, finished_at)
	VALUES ('0', %[1]s, ARRAY[%[3]s]::text[], 'by hand', current_user, clock_timestamp());`,
		literal(digest), literal(string(snapshot)), strings.Join(texts, ", "))
}

// literal returns text as a constant of SQL, whatever standard_conforming_strings is.
func literal(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return " E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

// Ensure makes the tables that are not there. Tables of older versions keep their rows.
func Ensure(ctx context.Context, conn *pgx.Conn) error {
	var there bool
	if err := conn.QueryRow(ctx, complete).Scan(&there); err != nil {
		return fmt.Errorf("look for the record of migrations: %w", err)
	}
	if there {
		return nil
	}
	for _, sql := range []string{CreateSchema, createTables} { // each is a transaction
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("make the tables of switchyard_internal: %w", err)
		}
	}
	return nil
}
