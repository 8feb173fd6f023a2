package dev

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/internal/schema"
	"switchyard/router/internal/dev/terminal"
)

// seedFile has the rows of a new database, as SQL. It is for development alone.
const seedFile = "schema/seed.sql"

// mostStatements bounds how many lines of a migration are shown.
const mostStatements = 24

// prepareDatabase brings the database, if the app has one, in step with binary's schema,
// and fills it if it is new.
func (b *builder) prepareDatabase(ctx context.Context, k *terminal.Task, binary string, env []string) error {
	url := lookup(env, "DATABASE_URL")
	if url == "" {
		return nil
	}
	if err := b.migrate(ctx, k, binary, env); err != nil {
		return err
	}
	if !b.state.Unseeded() {
		return nil
	}
	k.Progress("filling the database")
	if err := b.seed(ctx, url); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return terminal.Failed("The new database could not be filled", seedFile, err.Error())
	}
	return b.state.Seeded()
}

// migrate runs binary's migration, and shows the statements that it applied. Those of a
// new database are the whole schema, which nobody wants to read.
func (b *builder) migrate(ctx context.Context, k *terminal.Task, binary string, env []string) error {
	k.Progress("migrating the database")
	// The bucket may not be up yet, and was set up by us: migrate need not care.
	env = without(env, "BUCKET", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "ENDPOINT", "REGION")
	out, err := b.run(ctx, env, binary, "migrate", "--development")
	if err != nil {
		return b.because(ctx, "The database could not be migrated", "router migrate", out, err)
	}
	statements, summary, applied := applied(out)
	if !applied {
		return nil
	}
	if statements != "" && !b.state.Unseeded() {
		b.terminal.Say("    %s", strings.ReplaceAll(terminal.Trim(statements, mostStatements, 8<<10), "\n", "\n    "))
	}
	b.terminal.Say("  %s", summary)
	return nil
}

// applied divides what a migration printed into its statements and the line that sums
// them up, if it applied any.
func applied(out string) (statements, summary string, ok bool) {
	for line := range strings.Lines(out) {
		if strings.Contains(line, " applied in ") {
			return strings.TrimSpace(statements), strings.TrimSpace(line), true
		}
		statements += line
	}
	return "", "", false
}

// seed runs the file of a new database, if there is one, in one transaction.
func (b *builder) seed(ctx context.Context, url string) error {
	text, err := os.ReadFile(filepath.Join(b.root, filepath.FromSlash(seedFile)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	statements, err := schema.File{Name: seedFile, Text: string(text)}.Statements()
	if err != nil {
		return err
	}
	start := time.Now()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var rows int64
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, s := range statements {
			tag, err := tx.Exec(ctx, s.SQL)
			if err != nil {
				return fmt.Errorf("%s:%d: %w", seedFile, lineOf(s, err), err)
			}
			if tag.Insert() {
				rows += tag.RowsAffected()
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.terminal.Say("  %s: %d rows in %s.", seedFile, rows, terminal.Seconds(time.Since(start)))
	return nil
}

// lineOf returns the line of the file in which a statement failed: the one that PostgreSQL
// means, if it says which.
func lineOf(s schema.Statement, err error) int {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || refused.Position == 0 {
		return s.Line
	}
	line, characters := s.Line, int(refused.Position)-1
	for text := s.SQL; characters > 0 && text != ""; characters-- {
		c, size := utf8.DecodeRuneInString(text)
		if c == '\n' {
			line++
		}
		text = text[size:]
	}
	return line
}
