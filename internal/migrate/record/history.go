package record

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Migration is one of the history.
type Migration struct {
	ID      int64
	BeganAt time.Time
	Took    time.Duration // until it was finished, or failed
	Release string        // "" if it was not recorded, as by older versions
	Role    string        // likewise
	Digest  string        // of the schema; "" if the migration was not finished
	Error   string        // why not; "" along with no Digest: it goes on, or was killed
	// Statements of older versions have nothing but SQL.
	Statements []Statement
}

// History returns the latest migrations, the latest first, at most limit of them.
func History(ctx context.Context, r Reader, limit int) ([]Migration, error) {
	var all []Migration
	byID := map[int64]int{} // places in all
	err := each(ctx, r, func(row pgx.CollectableRow) error {
		m, err := migration(row)
		byID[m.ID] = len(all)
		all = append(all, m)
		return err
		// Through JSON, a column that the table does not have yet is null.
	}, `SELECT id, applied_at, (extract(epoch FROM duration) * 1000000)::bigint, digest, statements,
			coalesce(to_jsonb(m) ->> 'release', ''), coalesce(to_jsonb(m) ->> 'role', ''), coalesce(to_jsonb(m) ->> 'error', '')
		FROM switchyard_internal.migration m ORDER BY id DESC LIMIT $1`, limit)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	err = each(ctx, r, func(row pgx.CollectableRow) error {
		id, s, err := statement(row)
		if i, ok := byID[id]; ok {
			all[i].Statements = append(all[i].Statements, s)
		}
		return err
	}, `SELECT migration, sql, object, class, allowed, file, began_at, (extract(epoch FROM duration) * 1000000)::bigint,
			(extract(epoch FROM waited) * 1000000)::bigint, waited_for, error
		FROM switchyard_internal.statement WHERE migration >= $1 ORDER BY migration, seq`, all[len(all)-1].ID)
	return all, err
}

func migration(row pgx.CollectableRow) (m Migration, err error) {
	var took int64
	var texts []string
	err = row.Scan(&m.ID, &m.BeganAt, &took, &m.Digest, &texts, &m.Release, &m.Role, &m.Error)
	m.Took = microseconds(took)
	for _, text := range texts {
		m.Statements = append(m.Statements, Statement{SQL: text})
	}
	return m, err
}

func statement(row pgx.CollectableRow) (id int64, s Statement, err error) {
	var took, waited int64
	err = row.Scan(&id, &s.SQL, &s.Object, &s.Class, &s.Allowed, &s.File, &s.BeganAt, &took, &waited, &s.WaitedFor, &s.Error)
	s.Took, s.Waited = microseconds(took), microseconds(waited)
	return id, s, err
}
