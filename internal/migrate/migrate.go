// Package migrate makes a database as a [schema.Source] says.
//
// There are no migration files: what the database holds is compared with what a scratch
// database holds that was made from the source a moment ago, both in PostgreSQL's own
// words (package snapshot). Package plan works out the statements, what they mean for the
// rows and for the releases that live, and how they run so that nobody waits; package
// apply runs them; package record keeps what was done, and what the database shall hold
// since, by which every replica can see whether it does.
//
// Only the PostgreSQL schemas that the source names are looked at, and of those not what an
// extension owns. What would lose data, or break a release that lives, needs a consent.
package migrate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"switchyard/internal/migrate/apply"
	"switchyard/internal/migrate/plan"
	"switchyard/internal/migrate/record"
	"switchyard/internal/migrate/release"
	"switchyard/internal/migrate/snapshot"
	"switchyard/internal/names"
	"switchyard/internal/schema"
)

// Options are the options of a migration.
type Options struct {
	// Log takes lines about what takes time. Defaults to nowhere.
	Log io.Writer
	// Scratch is the URL of an empty database in which the schema is made to see what
	// PostgreSQL makes of it; nothing stays there. If it is empty, a database is created for
	// that on the same server, and removed.
	Scratch string
	// Allow are consents, each for one change: "drop:orders.note".
	Allow []string
	// Release is that of the program that migrates.
	Release release.Release
	// Names are what the database calls Better Auth's tables and columns.
	Names names.Names
	// Cancel says that what is in the way for long may be cancelled.
	Cancel bool
}

// Result is what [Plan] found to do, or what [Apply] did.
type Result struct {
	// Steps are in the order in which they run; none if there is nothing to do.
	Steps []plan.Step
	// Left are sentences about what the database has beyond the schema, and keeps.
	Left []string
	// Warnings are sentences about SQL files that may not run.
	Warnings []string
	// Expected is what the database holds when the steps have run.
	Expected snapshot.Snapshot
	// Took is how long it took, without the wait for another migration.
	Took time.Duration
}

// Plan works out what [Apply] would do to the database at url, and changes nothing
// in it. A plan that would be refused is no error here.
//
// Like Apply it needs a connection without a pooler.
func Plan(ctx context.Context, url string, s schema.Source, o Options) (Result, error) {
	var r Result
	err := begin(ctx, url, s, o, func(m *migration) (err error) {
		r, err = m.plan(ctx)
		return err
	})
	return r, err
}

// Apply makes the database at url as s says. Each statement runs by itself, so that
// nobody waits for more than one: after an error those before it stay, and the next run
// goes on where this one ended. Of several at once the others wait for the first and then
// find nothing to do. Without the consents that the plan needs, nothing is done, and the
// error is a *[RefusedError].
func Apply(ctx context.Context, url string, s schema.Source, o Options) (Result, error) {
	var r Result
	err := begin(ctx, url, s, o, func(m *migration) (err error) {
		start := time.Now()
		defer func() { r.Took = time.Since(start) }()
		if err := writable(m.conn); err != nil {
			return err
		}
		if r, err = m.plan(ctx); err != nil {
			return err
		}
		if refused := (plan.Plan{Steps: r.Steps}).Refused(); len(refused) > 0 {
			return &RefusedError{Steps: refused}
		}
		return m.apply(ctx, r.Steps)
	})
	return r, err
}

// Verify compares the database at url with s, and changes nothing. It is not for the
// changes that are still to apply: these are missing.
func Verify(ctx context.Context, url string, s schema.Source, o Options) (snapshot.Difference, error) {
	var d snapshot.Difference
	err := begin(ctx, url, s, o, func(m *migration) error {
		if err := m.read(ctx); err != nil {
			return err
		}
		d = m.difference(m.is)
		return nil
	})
	return d, err
}

// apply runs the steps, looks at what is there then, and records both.
func (m *migration) apply(ctx context.Context, steps []plan.Step) error {
	if err := record.Ensure(ctx, m.conn); err != nil {
		return fmt.Errorf("make the record of migrations: %w", err)
	}
	if err := release.Create(ctx, m.conn); err != nil {
		return fmt.Errorf("make the record of releases: %w", err)
	}
	for _, s := range m.found {
		if err := record.Found(ctx, m.conn, s.Name, s.Digest); err != nil {
			return fmt.Errorf("record that %s is in place: %w", s.File, err)
		}
	}
	expected, err := json.Marshal(m.then)
	if err != nil {
		return err
	}
	if len(steps) == 0 {
		if err := m.inStep(m.is); err != nil {
			return err
		}
		return record.InStep(ctx, m.conn, m.Release.ID, m.digest, expected)
	}
	run, err := record.Begin(ctx, m.conn, m.Release.ID)
	if err != nil {
		return fmt.Errorf("record that the migration begins: %w", err)
	}
	err = apply.Run(ctx, m.conn, steps, apply.Options{Log: m.Log, Record: run, Cancel: m.Cancel})
	if err == nil {
		err = m.check(ctx)
	}
	if err != nil {
		_ = run.Fail(context.WithoutCancel(ctx), m.conn, err.Error()) // the error itself matters more
		return err
	}
	return run.Finish(ctx, m.conn, m.digest, expected)
}

// check reads the database again and returns an error if it is not as it shall be.
func (m *migration) check(ctx context.Context) error {
	is, err := snapshot.Read(ctx, m.conn, m.schema.Namespaces)
	if err != nil {
		return fmt.Errorf("look at what was done: %w", err)
	}
	return m.inStep(is)
}

// inStep returns an error that names what is lacks.
func (m *migration) inStep(is snapshot.Snapshot) error {
	d := m.difference(is)
	if len(d.Missing) == 0 {
		return nil
	}
	texts := make([]string, len(d.Missing))
	for i, f := range d.Missing {
		texts[i] = f.Text
	}
	return fmt.Errorf("everything was applied, and still the database is not as the schema says:\n  %s\nThis is a fault of the router, or somebody changed the database meanwhile: run it again", strings.Join(texts, "\n  "))
}
