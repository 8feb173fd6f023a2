package cli

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"switchyard/internal/migrate/record"
	"switchyard/shared/db"
)

const defaultHistory = 20

// history lists the migrations.
func (m *migration) history() error {
	return m.withDatabase(func(d *db.DB) error {
		all, err := record.History(m.Ctx, d, m.Limit)
		switch {
		case err != nil:
			return err
		case m.JSON:
			return writeJSON(m.Out, listMigrations(all))
		case len(all) == 0:
			fmt.Fprintln(m.Out, "No migration of this database is recorded.")
		}
		for _, one := range all {
			fmt.Fprint(m.Out, describeMigration(one))
		}
		if len(all) == m.Limit {
			fmt.Fprintf(m.Out, "There may be more than these %d: --limit shows them.\n", m.Limit)
		}
		return nil
	})
}

// pastMigration and pastStatement are the history for programs. Times are in seconds.
type (
	pastMigration struct {
		ID         int64           `json:"id"`
		At         time.Time       `json:"at"`
		Seconds    float64         `json:"seconds"`
		Release    string          `json:"release"`
		Role       string          `json:"role"`
		Digest     string          `json:"digest"`
		Error      string          `json:"error"`
		Statements []pastStatement `json:"statements"`
	}
	pastStatement struct {
		SQL       string  `json:"sql"`
		Object    string  `json:"object"`
		Class     string  `json:"class"`
		Allowed   string  `json:"allowed"`
		File      string  `json:"file"`
		Seconds   float64 `json:"seconds"`
		Waited    float64 `json:"waited"`
		WaitedFor string  `json:"waitedFor"`
		Error     string  `json:"error"`
	}
)

func listMigrations(all []record.Migration) []pastMigration {
	list := []pastMigration{}
	for _, m := range all {
		past := pastMigration{
			ID: m.ID, At: m.BeganAt, Seconds: m.Took.Seconds(), Release: m.Release, Role: m.Role,
			Digest: m.Digest, Error: m.Error, Statements: []pastStatement{},
		}
		for _, s := range m.Statements {
			past.Statements = append(past.Statements, pastStatement{
				SQL: s.SQL, Object: s.Object, Class: s.Class, Allowed: s.Allowed, File: s.File,
				Seconds: s.Took.Seconds(), Waited: s.Waited.Seconds(), WaitedFor: s.WaitedFor, Error: s.Error,
			})
		}
		list = append(list, past)
	}
	return list
}

// describeMigration says what a migration did, for people.
func describeMigration(m record.Migration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  release %s, role %s: %s in %s, %s\n", m.BeganAt.UTC().Format("2006-01-02 15:04:05Z"),
		cmp.Or(m.Release, "not recorded"), cmp.Or(m.Role, "not recorded"), count(len(m.Statements)), m.Took.Round(time.Millisecond), outcome(m))
	for _, s := range m.Statements {
		fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(ended(s.SQL), "\n", "\n    "))
		if about := aboutStatement(s); about != "" {
			fmt.Fprintf(&b, "      %s\n", about)
		}
	}
	return b.String()
}

func outcome(m record.Migration) string {
	switch {
	case m.Digest != "":
		return "schema " + m.Digest[:min(len(m.Digest), 12)]
	case m.Error != "":
		return "failed: " + oneLine(m.Error)
	}
	return "not finished: it goes on, or was killed"
}

// aboutStatement says how a statement went; "" of one that nothing is known of.
func aboutStatement(s record.Statement) string {
	var parts []string
	add := func(is bool, format string, args ...any) {
		if is {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(s.Class != "", "%s", s.Class)
	add(s.Allowed != "", "allowed by %s", s.Allowed)
	add(s.Took > 0, "took %s", s.Took.Round(time.Millisecond))
	add(s.Waited > 0, "of that waited %s%s", s.Waited.Round(time.Millisecond), waitedFor(s))
	add(s.Error != "", "failed: %s", oneLine(s.Error))
	return strings.Join(parts, ", ")
}

func waitedFor(s record.Statement) string {
	if s.WaitedFor == "" {
		return ""
	}
	return " for " + s.WaitedFor
}
