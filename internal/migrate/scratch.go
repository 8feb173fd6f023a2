package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/internal/migrate/snapshot"
	"switchyard/internal/schema"
)

// SQLSTATEs, as PostgreSQL's appendix A names them.
const (
	syntaxError           = "42601"
	insufficientPrivilege = "42501"
)

// desire makes the schema in a scratch database and reads there what PostgreSQL makes of
// it. What it does there is one transaction, which is rolled back.
func (m *migration) desire(ctx context.Context) error {
	return m.scratch(ctx, func(conn *pgx.Conn) error {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		if err := m.likewise(ctx, tx); err != nil {
			return fmt.Errorf("the scratch database: %w", err)
		}
		if err := m.make(ctx, tx); err != nil {
			return err
		}
		// What a given database brought with it is not what the schema says.
		brought := func(o snapshot.Object) bool { return slices.ContainsFunc(m.brought, o.Is) }
		m.want.Objects = slices.DeleteFunc(slices.Clone(m.want.Objects), brought)
		m.then.Objects = slices.DeleteFunc(slices.Clone(m.then.Objects), brought)
		return nil
	})
}

// likewise gives tx the settings of the database by which SQL means one thing or another:
// ALTER DATABASE may have set them.
func (m *migration) likewise(ctx context.Context, tx pgx.Tx) error {
	for _, name := range []string{"search_path", "timezone", "datestyle", "intervalstyle"} {
		var value string
		if err := m.conn.QueryRow(ctx, `SELECT current_setting($1)`, name).Scan(&value); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SELECT set_config($1, $2, true)`, name, value); err != nil {
			return err
		}
	}
	return nil
}

// make makes the schema in tx: what the SQL files do that the tables need, the tables,
// what the files do that ran on the database, and then what those will that are to run.
func (m *migration) make(ctx context.Context, tx pgx.Tx) error {
	for _, name := range m.schema.Namespaces {
		if _, err := tx.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS `+pgx.Identifier{name}.Sanitize()); err != nil {
			return fmt.Errorf("the scratch database: %w", err)
		}
	}
	// A function may be written before the tables that it reads.
	if _, err := tx.Exec(ctx, `SET LOCAL check_function_bodies = off`); err != nil {
		return err
	}
	toMake, err := m.before(ctx, tx)
	if err != nil {
		return err
	}
	for _, s := range m.schema.Create {
		if _, err := tx.Exec(ctx, s.SQL); err != nil {
			return m.explained(m.source.Refused(fmt.Errorf("%s: %w", s.Does, err)))
		}
	}
	if err := m.script(ctx, tx, func(s schema.Script) bool { return !s.Before && m.ran[s.File] }); err != nil {
		return err
	}
	if m.want, err = snapshot.Read(ctx, tx, m.schema.Namespaces); err != nil {
		return fmt.Errorf("read the scratch database: %w", err)
	}
	m.then = m.want
	if !slices.ContainsFunc(m.schema.Scripts, func(s schema.Script) bool { return !m.ran[s.File] }) {
		return nil
	}
	m.want.Enums = slices.DeleteFunc(slices.Clone(m.want.Enums), toMake)
	if err := m.script(ctx, tx, func(s schema.Script) bool { return !s.Before && !m.ran[s.File] }); err != nil {
		return err
	}
	if m.then, err = snapshot.Read(ctx, tx, m.schema.Namespaces); err != nil {
		return fmt.Errorf("read the scratch database: %w", err)
	}
	return nil
}

// before runs the SQL files that the tables need. It returns which enums those make that
// are still to run on the database: the plan makes these by running the files.
func (m *migration) before(ctx context.Context, tx pgx.Tx) (toMake func(snapshot.Enum) bool, err error) {
	var read [2]snapshot.Snapshot
	if !slices.ContainsFunc(m.schema.Scripts, func(s schema.Script) bool { return s.Before }) {
		return func(snapshot.Enum) bool { return false }, nil
	}
	for i, ran := range []bool{true, false} {
		if err := m.script(ctx, tx, func(s schema.Script) bool { return s.Before && m.ran[s.File] == ran }); err != nil {
			return nil, err
		}
		if read[i], err = snapshot.Read(ctx, tx, m.schema.Namespaces); err != nil {
			return nil, fmt.Errorf("read the scratch database: %w", err)
		}
	}
	return func(e snapshot.Enum) bool { return read[0].Enum(e.Name) == nil && read[1].Enum(e.Name) != nil }, nil
}

// script runs the statements of some SQL files, as far as they make something: there are
// no rows here. What fails is left out, as a file that ran may speak of what is no longer
// there, and one that is to run, of what the scratch database does not have; the database
// itself will tell. Only SQL that cannot be read is an error.
func (m *migration) script(ctx context.Context, tx pgx.Tx, which func(schema.Script) bool) error {
	for _, s := range m.schema.Scripts {
		if !which(s) || s.Repeat {
			continue
		}
		for _, statement := range s.Statements {
			if changesRows(statement.SQL) {
				continue
			}
			err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
				_, err := inner.Exec(ctx, statement.SQL)
				return err
			})
			refused, ok := errors.AsType[*pgconn.PgError](err)
			switch {
			case err == nil:
			case !ok:
				return fmt.Errorf("the scratch database: %w", err)
			case m.ran[s.File]:
				m.leftOut = append(m.leftOut, schema.Problem{File: s.File, Line: statement.Line, Message: "it failed in the scratch database, which may be why: " + refused.Message})
			case refused.Code == syntaxError:
				return &schema.Error{Problems: []schema.Problem{{File: s.File, Line: statement.Line, Message: refused.Message}}}
			default:
				m.warnings = append(m.warnings, fmt.Sprintf("%s:%d may fail: %s", s.File, statement.Line, refused.Message))
			}
		}
	}
	return nil
}

// explained adds to what PostgreSQL has against a table what was left out before it: it may
// be an extension that the role may not create.
func (m *migration) explained(err error) error {
	if refused, ok := errors.AsType[*schema.Error](err); ok {
		return &schema.Error{Problems: append(slices.Clone(refused.Problems), m.leftOut...)}
	}
	return err
}

// changesRows reports whether a statement works on rows alone.
func changesRows(sql string) bool {
	words := strings.Fields(sql)
	if len(words) == 0 {
		return true
	}
	switch strings.ToUpper(words[0]) {
	case "INSERT", "UPDATE", "DELETE", "SELECT", "WITH", "COPY", "TRUNCATE", "MERGE", "REFRESH", "ANALYZE", "CALL":
		return true
	}
	return false
}
