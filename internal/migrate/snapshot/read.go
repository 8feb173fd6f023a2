package snapshot

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const owned = ` AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '%s'::regclass AND x.objid = %s AND x.deptype = 'e')`

var (
	ofTables = `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'` + fmt.Sprintf(owned, "pg_class", "c.oid")
	tablesSQL = `SELECT n.nspname, c.relname, coalesce(pg_get_partkeydef(c.oid), ''), c.relpersistence = 'u', c.relrowsecurity, c.relforcerowsecurity,
		coalesce(obj_description(c.oid, 'pg_class'), '') ` + ofTables + ` ORDER BY 1, 2`
	columnsSQL = `SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
		CASE WHEN a.attcollation <> t.typcollation THEN (SELECT format('%I.%I', m.nspname, o.collname) FROM pg_collation o JOIN pg_namespace m ON m.oid = o.collnamespace WHERE o.oid = a.attcollation) ELSE '' END,
		a.attnotnull, coalesce(CASE WHEN a.attgenerated = '' AND s.objid IS NULL THEN pg_get_expr(d.adbin, d.adrelid) END, ''),
		s.deptype IS NOT NULL AND s.deptype = 'a' AND d.oid IS NOT NULL, a.attidentity::text, coalesce(q.seqstart, 0), coalesce(q.seqincrement, 0),
		coalesce(CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END, ''), coalesce(col_description(c.oid, a.attnum), '')
		FROM pg_attribute a JOIN (SELECT c.oid, c.relname, c.relnamespace ` + ofTables + `) c ON c.oid = a.attrelid
		JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
		LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		LEFT JOIN LATERAL (SELECT x.objid, x.deptype FROM pg_depend x JOIN pg_class y ON y.oid = x.objid AND y.relkind = 'S'
			WHERE x.classid = 'pg_class'::regclass AND x.refclassid = 'pg_class'::regclass AND x.refobjid = a.attrelid AND x.refobjsubid = a.attnum AND x.deptype IN ('a', 'i')
			AND (x.deptype = 'i' OR EXISTS (SELECT FROM pg_depend z WHERE z.classid = 'pg_attrdef'::regclass AND z.objid = d.oid AND z.refobjid = x.objid)) LIMIT 1) s ON true
		LEFT JOIN pg_sequence q ON q.seqrelid = s.objid
		WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2, a.attnum`
	constraintsSQL = `SELECT n.nspname, c.relname, k.conname, k.contype::text, regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''),
		(SELECT coalesce(array_agg(a.attname::text ORDER BY u.i), '{}') FROM unnest(k.conkey) WITH ORDINALITY u(n, i) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n),
		m.nspname, r.relname, NOT k.convalidated, coalesce(obj_description(k.oid, 'pg_constraint'), '')
		FROM pg_constraint k JOIN (SELECT c.oid, c.relname, c.relnamespace ` + ofTables + `) c ON c.oid = k.conrelid
		JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class r ON r.oid = k.confrelid AND k.contype = 'f' LEFT JOIN pg_namespace m ON m.oid = r.relnamespace
		WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') ORDER BY 1, 2, 3`
	indexesSQL = `SELECT n.nspname, c.relname, i.relname, x.indisunique, pg_get_indexdef(i.oid),
		(SELECT coalesce(array_agg(DISTINCT a.attname::text), '{}') FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND (a.attnum = ANY(x.indkey) OR
			EXISTS (SELECT FROM pg_depend z WHERE z.classid = 'pg_class'::regclass AND z.objid = i.oid AND z.refobjid = c.oid AND z.refobjsubid = a.attnum))),
		NOT (x.indisvalid AND x.indisready), coalesce(obj_description(i.oid, 'pg_class'), '')
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN (SELECT c.oid, c.relname, c.relnamespace ` + ofTables + `) c ON c.oid = x.indrelid
		JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x')) ORDER BY 1, 2, 3`
	enumsSQL = `SELECT n.nspname, t.typname, (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), coalesce(obj_description(t.oid, 'pg_type'), '')
		FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND n.nspname = ANY($1)` + fmt.Sprintf(owned, "pg_type", "t.oid") + ` ORDER BY 1, 2`
)

// Beginner begins transactions: a *pgx.Conn, or a pgx.Tx, in which they are savepoints.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Read returns what the PostgreSQL schemas of a database hold.
func Read(ctx context.Context, on Beginner, schemas []string) (s Snapshot, err error) {
	tx, err := on.Begin(ctx)
	if err != nil {
		return s, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // nothing is changed
	if _, err := tx.Exec(ctx, `SET LOCAL search_path = ''`); err != nil {
		return s, err
	}
	return read(ctx, tx, schemas)
}

func read(ctx context.Context, tx pgx.Tx, schemas []string) (s Snapshot, err error) {
	rows, _ := tx.Query(ctx, `SELECT nspname FROM pg_namespace WHERE nspname = ANY($1) ORDER BY 1`, schemas)
	if s.Schemas, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return s, err
	}
	rows, _ = tx.Query(ctx, tablesSQL, schemas)
	s.Tables, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (t Table, err error) {
		return t, r.Scan(&t.Schema, &t.Name.Name, &t.Partition, &t.Unlogged, &t.RowSecurity, &t.ForceRowSecurity, &t.Comment)
	})
	if err != nil {
		return s, err
	}
	var n Name
	rows, _ = tx.Query(ctx, columnsSQL, schemas)
	var c Column
	var identity string
	var start, increment int64
	if _, err = pgx.ForEachRow(rows, []any{&n.Schema, &n.Name, &c.Name, &c.Type, &c.Collation, &c.NotNull, &c.Default, &c.Serial, &identity, &start, &increment, &c.Generated, &c.Comment}, func() error {
		c.Identity = nil
		if identity != "" {
			c.Identity = &Identity{Always: identity == "a", Start: start, Increment: increment}
		}
		t := s.Table(n)
		t.Columns = append(t.Columns, c)
		return nil
	}); err != nil {
		return s, err
	}
	rows, _ = tx.Query(ctx, constraintsSQL, schemas)
	for rows.Next() {
		var k Constraint
		var schema, name *string
		if err := rows.Scan(&n.Schema, &n.Name, &k.Name, &k.Kind, &k.Definition, &k.Columns, &schema, &name, &k.NotValid, &k.Comment); err != nil {
			return s, err
		}
		if name != nil {
			k.References = &Name{Schema: *schema, Name: *name}
		}
		t := s.Table(n)
		t.Constraints = append(t.Constraints, k)
	}
	if err := rows.Err(); err != nil {
		return s, err
	}
	rows, _ = tx.Query(ctx, indexesSQL, schemas)
	for rows.Next() {
		var x Index
		if err := rows.Scan(&n.Schema, &n.Name, &x.Name, &x.Unique, &x.Definition, &x.Columns, &x.Invalid, &x.Comment); err != nil {
			return s, err
		}
		t := s.Table(n)
		t.Indexes = append(t.Indexes, x)
	}
	if err := rows.Err(); err != nil {
		return s, err
	}
	rows, _ = tx.Query(ctx, enumsSQL, schemas)
	s.Enums, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (e Enum, err error) {
		return e, r.Scan(&e.Schema, &e.Name.Name, &e.Values, &e.Comment)
	})
	if err != nil {
		return s, err
	}
	s.Objects, err = readObjects(ctx, tx, schemas)
	return s, err
}
