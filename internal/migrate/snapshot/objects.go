package snapshot

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// objectsSQL yields for each object its kind, its name, its table and its definition, and
// the catalog and the OID by which pg_depend has what it depends on.
var objectsSQL = `
	SELECT CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END AS kind, n.nspname AS namespace, c.relname::text AS name, NULL::name AS on_namespace, NULL::name AS on_name,
		coalesce(array_to_string(c.reloptions, ' ') || ' ', '') || pg_get_viewdef(c.oid) AS definition, 'pg_rewrite'::regclass::oid AS class, r.oid AS id
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN'
		WHERE c.relkind IN ('v', 'm') AND n.nspname = ANY($1)` + fmt.Sprintf(owned, "pg_class", "c.oid") + `
	UNION ALL SELECT 'function', n.nspname, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', NULL, NULL,
		CASE p.prokind WHEN 'a' THEN 'aggregate ' || pg_get_function_result(p.oid) ELSE pg_get_functiondef(p.oid) END, 'pg_proc'::regclass, p.oid
		FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY($1)` + fmt.Sprintf(owned, "pg_proc", "p.oid") + ` AND NOT EXISTS (
			SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')
	UNION ALL SELECT 'trigger', n.nspname, t.tgname, n.nspname, c.relname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text, 'pg_trigger'::regclass, t.oid
		FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE NOT t.tgisinternal AND NOT c.relispartition AND n.nspname = ANY($1)` + fmt.Sprintf(owned, "pg_class", "c.oid") + `
	UNION ALL SELECT 'policy', n.nspname, p.polname, n.nspname, c.relname, concat_ws(' ', p.polcmd::text, p.polpermissive, (SELECT array_agg(r.rolname ORDER BY 1) FROM pg_roles r WHERE r.oid = ANY(p.polroles)),
		'USING ' || pg_get_expr(p.polqual, p.polrelid), 'CHECK ' || pg_get_expr(p.polwithcheck, p.polrelid)), 'pg_policy'::regclass, p.oid
		FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1)
	UNION ALL SELECT 'rule', n.nspname, r.rulename, n.nspname, c.relname, pg_get_ruledef(r.oid), 'pg_rewrite'::regclass, r.oid
		FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE r.rulename <> '_RETURN' AND n.nspname = ANY($1)` + fmt.Sprintf(owned, "pg_class", "c.oid") + `
	UNION ALL SELECT CASE t.typtype WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite type' ELSE 'range type' END, n.nspname, t.typname, NULL, NULL, CASE t.typtype
		WHEN 'd' THEN concat_ws(' ', format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'NOT NULL' END, 'DEFAULT ' || t.typdefault,
			(SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'))
		WHEN 'c' THEN (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = t.typrelid AND NOT a.attisdropped)
		ELSE (SELECT format_type(g.rngsubtype, NULL) FROM pg_range g WHERE g.rngtypid = t.oid) END, 'pg_type'::regclass, t.oid
		FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
		WHERE (t.typtype IN ('d', 'r') OR t.typtype = 'c' AND c.relkind = 'c') AND n.nspname = ANY($1)` + fmt.Sprintf(owned, "pg_type", "t.oid") + `
	UNION ALL SELECT 'sequence', n.nspname, c.relname, NULL, NULL, format('%s from %s by %s between %s and %s cycle %s', format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle),
		'pg_class'::regclass, c.oid FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = ANY($1) AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype IN ('a', 'i', 'e'))
	UNION ALL SELECT 'extension', '', e.extname, NULL, NULL, '', 'pg_extension'::regclass, e.oid FROM pg_extension e WHERE e.extname <> 'plpgsql'
	UNION ALL SELECT 'foreign table', n.nspname, c.relname, NULL, NULL, (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
		'pg_class'::regclass, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'f' AND n.nspname = ANY($1)` + fmt.Sprintf(owned, "pg_class", "c.oid") + `
	UNION ALL SELECT 'statistics', n.nspname, x.stxname, NULL, NULL, pg_get_statisticsobjdef(x.oid), 'pg_statistic_ext'::regclass, x.oid
		FROM pg_statistic_ext x JOIN pg_namespace n ON n.oid = x.stxnamespace WHERE n.nspname = ANY($1)`

// readsSQL yields the columns on which those objects depend.
var readsSQL = `SELECT o.kind, o.namespace, o.name, coalesce(o.on_name, ''), n.nspname, c.relname, a.attname
	FROM (` + objectsSQL + `) o JOIN pg_depend d ON d.classid = o.class AND d.objid = o.id AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
	JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
	WHERE c.relkind IN ('r', 'p') GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7`

func readObjects(ctx context.Context, tx pgx.Tx, schemas []string) ([]Object, error) {
	rows, err := tx.Query(ctx, `SELECT kind, namespace, name, on_namespace, on_name, coalesce(definition, '') FROM (`+objectsSQL+`) o ORDER BY 1, 2, 3, 5`, schemas)
	if err != nil {
		return nil, err
	}
	type key struct{ kind, namespace, name, on string }
	at := map[key]int{}
	var objects []Object
	for rows.Next() {
		var o Object
		var namespace, on *string
		if err := rows.Scan(&o.Kind, &o.Schema, &o.Name.Name, &namespace, &on, &o.Definition); err != nil {
			return nil, err
		}
		k := key{o.Kind, o.Schema, o.Name.Name, ""}
		if on != nil {
			o.On, k.on = &Name{Schema: *namespace, Name: *on}, *on
		}
		at[k] = len(objects)
		objects = append(objects, o)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(objects) == 0 {
		return nil, nil
	}
	if rows, err = tx.Query(ctx, readsSQL, schemas); err != nil {
		return nil, err
	}
	var k key
	var c ColumnName
	_, err = pgx.ForEachRow(rows, []any{&k.kind, &k.namespace, &k.name, &k.on, &c.Table.Schema, &c.Table.Name, &c.Column}, func() error {
		objects[at[k]].Reads = append(objects[at[k]].Reads, c)
		return nil
	})
	return objects, err
}
