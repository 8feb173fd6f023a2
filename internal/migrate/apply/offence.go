package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/internal/migrate/plan"
	"switchyard/shared/fault"
)

// offence is how to find the rows that a rule does not allow.
type offence struct {
	what  string // "keys are there more than once"
	count string // a query
	find  string // likewise
}

// counting bounds how long rows are counted for the sake of an error.
const counting = "10s"

// offence returns how to find what err is about; nil if it is about no rows, or about a
// rule that is not there.
func (r *runner) offence(ctx context.Context, err error) *offence {
	var refused *pgconn.PgError
	if ctx.Err() != nil || r.conn.IsClosed() || !errors.As(err, &refused) {
		return nil
	}
	var found offence
	switch refused.Code {
	case "23505":
		found, err = r.duplicates(ctx, refused)
	case "23503", "23514":
		found, err = r.violations(ctx, refused)
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	return &found
}

const indexQuery = `
SELECT format('%I.%I', n.nspname, t.relname),
	ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnkeyatts) k),
	coalesce(pg_get_expr(i.indpred, i.indrelid), ''), coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'true'
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = $1 AND x.relname = $2`

// duplicates returns how to find the keys that a unique index does not allow.
func (r *runner) duplicates(ctx context.Context, refused *pgconn.PgError) (offence, error) {
	var table, where string
	var keys []string
	var nulls bool // are the same
	err := r.conn.QueryRow(ctx, indexQuery, pgx.QueryExecModeExec, refused.SchemaName, refused.ConstraintName).Scan(&table, &keys, &where, &nulls)
	if err != nil {
		return offence{}, err
	}
	var conditions []string
	if where != "" {
		conditions = append(conditions, where)
	}
	for _, key := range keys {
		if !nulls {
			conditions = append(conditions, key+" IS NOT NULL")
		}
	}
	rest := " FROM " + table
	if len(conditions) > 0 {
		rest += " WHERE " + strings.Join(conditions, " AND ")
	}
	list := strings.Join(keys, ", ")
	rest += " GROUP BY " + list + " HAVING count(*) > 1"
	return offence{
		what:  "keys are there more than once",
		count: "SELECT count(*) FROM (SELECT 1" + rest + ") AS twice",
		find:  "SELECT " + list + ", count(*)" + rest,
	}, nil
}

const constraintQuery = `
SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, coalesce(pg_get_expr(c.conbin, c.conrelid), ''),
	ARRAY(SELECT quote_ident(a.attname) FROM unnest(c.conkey) WITH ORDINALITY k(n, at) JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY at),
	ARRAY(SELECT quote_ident(a.attname) FROM unnest(c.confkey) WITH ORDINALITY k(n, at) JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY at)
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = $1 AND t.relname = $2 AND c.conname = $3`

// violations returns how to find the rows that a check or a foreign key does not allow.
func (r *runner) violations(ctx context.Context, refused *pgconn.PgError) (offence, error) {
	var table, target, check string
	var columns, keys []string
	err := r.conn.QueryRow(ctx, constraintQuery, pgx.QueryExecModeExec, refused.SchemaName, refused.TableName, refused.ConstraintName).
		Scan(&table, &target, &check, &columns, &keys)
	if err != nil {
		return offence{}, err
	}
	from := " FROM " + table + " AS broken WHERE "
	if check != "" {
		from += "NOT (" + check + ")"
	} else {
		from += orphans(target, columns, keys)
	}
	return offence{what: "rows do not obey it", count: "SELECT count(*)" + from, find: "SELECT *" + from}, nil
}

// orphans is the condition of rows whose foreign key leads nowhere.
func orphans(target string, columns, keys []string) string {
	var set, same []string
	for i, c := range columns {
		set = append(set, "broken."+c+" IS NOT NULL")
		same = append(same, "target."+keys[i]+" = broken."+c)
	}
	return fmt.Sprintf("%s AND NOT EXISTS (SELECT FROM %s AS target WHERE %s)", strings.Join(set, " AND "), target, strings.Join(same, " AND "))
}

// offended returns the error of a step that rows do not allow: how many they are, and how to
// see them, but none of their values.
func (r *runner) offended(ctx context.Context, s plan.Step, o offence, cause error) error {
	many := "some"
	var n int64
	err := pgx.BeginTxFunc(ctx, r.conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = '"+counting+"'"); err != nil {
			return err
		}
		return tx.QueryRow(ctx, o.count).Scan(&n)
	})
	if err == nil {
		many = fmt.Sprint(n)
	}
	return fault.New(fault.Conflict, "%s: %s %s. See them by: %s. Change them, and migrate again", summary(s.SQL), many, o.what, o.find).Because(clean(cause))
}
