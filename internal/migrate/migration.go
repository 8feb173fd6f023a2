package migrate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate/plan"
	"switchyard/internal/migrate/record"
	"switchyard/internal/migrate/release"
	"switchyard/internal/migrate/snapshot"
	"switchyard/internal/schema"
)

// migration is one that goes on, under the lock.
type migration struct {
	Options
	conn   *pgx.Conn
	url    string
	source schema.Source
	digest string // of the schema, whatever its tables are called
	schema *schema.Description
	ran    map[string]bool // SQL files that ran on the database, or are in place, by File
	found  []schema.Script // those of them that are in place and did not run here

	want, then, is snapshot.Snapshot
	last           *snapshot.Snapshot // what the newest schema that was applied made; nil if it is not known
	latest         *snapshot.Snapshot // what the schema made that was applied last: last, or one that was rolled back to
	unrecorded     bool               // what the newest schema made was not recorded: an older version of the router applied it
	older          bool               // a newer schema than this one was applied
	warnings       []string
	brought        []snapshot.Object // extensions that a given scratch database has
	leftOut        []schema.Problem  // statements that ran, and failed in the scratch database
}

// newMigration returns a migration to s that is not connected.
func newMigration(ctx context.Context, url string, s schema.Source, o Options) (m *migration, err error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	m = &migration{Options: o, url: url, source: s.Named(o.Names), digest: s.Digest(), ran: map[string]bool{}}
	m.schema, err = m.source.Read(ctx)
	return m, err
}

// begin runs fn with a migration under the lock.
func begin(ctx context.Context, url string, s schema.Source, o Options, fn func(*migration) error) error {
	m, err := newMigration(ctx, url, s, o)
	if err != nil {
		return err
	}
	return locked(ctx, url, m.Log, func(conn *pgx.Conn) error {
		m.conn = conn
		return fn(m)
	})
}

// plan works out what there is to do.
func (m *migration) plan(ctx context.Context) (Result, error) {
	start := time.Now()
	if err := m.read(ctx); err != nil {
		return Result{}, err
	}
	in := plan.Input{Is: m.is, Want: m.want, Then: m.then, Last: m.last, Latest: m.latest, Unrecorded: m.unrecorded, Older: m.older, Allow: m.Allow, Homes: m.schema.Homes, Renames: m.renames()}
	var err error
	if in.Releases, err = m.others(ctx); err != nil {
		return Result{}, err
	}
	for _, s := range m.schema.Scripts {
		if !m.ran[s.File] {
			in.Scripts = append(in.Scripts, pending(s))
		}
	}
	p := plan.Make(in)
	return Result{Steps: p.Steps, Left: p.Left, Warnings: m.warnings, Expected: m.then, Took: time.Since(start)}, nil
}

// read reads what the database holds and what it shall hold.
func (m *migration) read(ctx context.Context) (err error) {
	if err := m.readRecord(ctx); err != nil {
		return err
	}
	if err := m.desire(ctx); err != nil {
		return err
	}
	if m.is, err = snapshot.Read(ctx, m.conn, m.schema.Namespaces); err != nil {
		return fmt.Errorf("read the database: %w", err)
	}
	if err := snapshot.Stat(ctx, m.conn, &m.is); err != nil {
		return fmt.Errorf("read how large the tables are: %w", err)
	}
	return nil
}

// readRecord reads what was applied before.
func (m *migration) readRecord(ctx context.Context) (err error) {
	if _, m.older, err = record.Recorded(ctx, m.conn, m.digest); err != nil {
		return err
	}
	newest, last, err := record.Last(ctx, m.conn)
	if err != nil {
		return err
	}
	latest, err := record.Latest(ctx, m.conn)
	if err != nil {
		return err
	}
	if m.last, err = parse(last); err != nil {
		return err
	}
	if m.latest, err = parse(latest); err != nil {
		return err
	}
	m.unrecorded = newest != "" && last == nil
	ran, err := record.Scripts(ctx, m.conn)
	if err != nil {
		return err
	}
	return m.compareScripts(ctx, ran)
}

// parse reads a snapshot that was recorded; nil if none was.
func parse(text []byte) (*snapshot.Snapshot, error) {
	if text == nil {
		return nil, nil //nolint:nilnil // there is none
	}
	s := &snapshot.Snapshot{}
	return s, json.Unmarshal(text, s)
}

// compareScripts finds the SQL files that need not run. One that has changed since it ran
// is an error: what ran does not run again, so that the file would not say what is.
func (m *migration) compareScripts(ctx context.Context, ran map[string]string) error {
	var problems []schema.Problem
	for _, s := range m.schema.Scripts {
		digest, done := ran[s.Name]
		if done && digest != s.Digest {
			problems = append(problems, schema.Problem{File: s.File, Line: 1, Message: "has changed since it ran on this database, and does not run again: write it as it was, and what is new into a new file"})
		}
		if !done {
			var err error
			if done, err = m.inPlace(ctx, s); err != nil {
				return err
			}
			done = done || m.replaced(s)
			if done {
				m.found = append(m.found, s)
			}
		}
		m.ran[s.File] = done
	}
	if len(problems) > 0 {
		return &schema.Error{Problems: problems}
	}
	return nil
}

// replaced reports whether a later SQL file makes what is left of s: where s has not run, it
// need not run any more, and may speak of what no database has that is made now.
func (m *migration) replaced(s schema.Script) bool {
	return slices.ContainsFunc(m.schema.Scripts, func(other schema.Script) bool { return slices.Contains(other.Replaces, s.Name) })
}

// inPlace reports whether all checks of an SQL file hold, if it has some. A check that
// fails does not hold: it may ask for what is not there.
func (m *migration) inPlace(ctx context.Context, s schema.Script) (bool, error) {
	for _, check := range s.Checks {
		var holds bool
		err := pgx.BeginTxFunc(ctx, m.conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, "SELECT coalesce(("+check+")::boolean, false)").Scan(&holds)
		})
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err != nil || !holds {
			return false, nil //nolint:nilerr // what cannot be asked is not in place
		}
	}
	return len(s.Checks) > 0, nil
}

// others returns the releases that live, without the one that migrates.
func (m *migration) others(ctx context.Context) ([]release.Release, error) {
	alive, err := release.Alive(ctx, m.conn)
	if err != nil {
		return nil, fmt.Errorf("ask which releases live: %w", err)
	}
	alive = slices.DeleteFunc(alive, func(r release.Release) bool { return r.Digest == m.digest })
	for _, r := range alive {
		m.named(r.Uses)
	}
	return alive, nil
}

// named puts in the database's names for Better Auth's tables and columns.
func (m *migration) named(uses release.Uses) {
	for i, use := range uses {
		table, ok := m.Names.Table(use.Table.Name)
		if !ok || use.Table.Schema != "public" {
			continue
		}
		for j, column := range use.Columns {
			use.Columns[j] = m.Names.Column(use.Table.Name, column)
		}
		slices.Sort(use.Columns)
		uses[i].Table.Name = table
	}
}

func (m *migration) renames() (renames []plan.Rename) {
	for _, r := range m.schema.Renames {
		renames = append(renames, plan.Rename{Table: r.Table, Column: r.Column, From: r.From})
	}
	return renames
}

func pending(s schema.Script) plan.PendingScript {
	p := plan.PendingScript{File: s.File, Script: plan.Script{Name: s.Name, Digest: s.Digest, Checks: s.Checks, Repeat: s.Repeat, Before: s.Before}}
	for _, statement := range s.Statements {
		p.Statements = append(p.Statements, strings.TrimRight(statement.SQL, "; \t\n"))
	}
	return p
}

// difference returns how the database differs from what it shall hold, without what a
// newer release has made of it.
func (m *migration) difference(is snapshot.Snapshot) snapshot.Difference {
	d := snapshot.Compare(m.then, is)
	if !m.older || m.last == nil {
		return d
	}
	wanted := snapshot.Compare(m.then, *m.last).Missing
	d.Missing = slices.DeleteFunc(d.Missing, func(f snapshot.Finding) bool { return slices.Contains(wanted, f) })
	return d
}
