-- An object is (class, id) in pg_depend, with what it depends on. It belongs to an extension if
-- (part_class, part) does: a trigger does with its table.
WITH schemas AS MATERIALIZED (
	SELECT oid, nspname::text AS name FROM pg_namespace WHERE nspname = ANY($1)
), tables AS MATERIALIZED (
	SELECT c.oid, c.relkind, c.relispartition, c.reloptions, c.relname::text AS name, n.name AS schema
	FROM pg_class c JOIN schemas n ON n.oid = c.relnamespace
), objects AS (
	SELECT CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END AS kind, c.schema, c.name, NULL AS "on",
		concat('WITH (' || array_to_string(c.reloptions, ', ') || ') ', pg_get_viewdef(c.oid),
			(SELECT string_agg(E'\n' || pg_get_indexdef(x.indexrelid) || ';', '' ORDER BY x.indexrelid::regclass::text COLLATE "C") FROM pg_index x WHERE x.indrelid = c.oid)) AS definition,
		'pg_rewrite'::regclass::oid AS class, r.oid AS id, 'pg_class'::regclass::oid AS part_class, c.oid AS part
	FROM tables c JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN'
	WHERE c.relkind IN ('v', 'm')
	UNION ALL
	SELECT 'function', n.name, p.proname || '(' || oidvectortypes(p.proargtypes) || ')', NULL,
		CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) ELSE
			(SELECT format('AGGREGATE (%s) RETURNS %s KIND %s SFUNC %s STYPE %s FINALFUNC %s COMBINEFUNC %s SORTOP %s INITCOND %L PARALLEL %s',
				pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), g.aggkind, g.aggtransfn, format_type(g.aggtranstype, NULL),
				g.aggfinalfn, g.aggcombinefn, g.aggsortop::regoperator, g.agginitval, p.proparallel) FROM pg_aggregate g WHERE g.aggfnoid = p.oid) END,
		'pg_proc'::regclass, p.oid, 'pg_proc'::regclass, p.oid
	FROM pg_proc p JOIN schemas n ON n.oid = p.pronamespace
	WHERE NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype IN ('i', 'e'))
	UNION ALL
	SELECT 'trigger', c.schema, t.tgname, c.name,
		pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'O' THEN '' WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' ON REPLICAS' ELSE ' ALWAYS' END,
		'pg_trigger'::regclass, t.oid, 'pg_class'::regclass, c.oid
	FROM pg_trigger t JOIN tables c ON c.oid = t.tgrelid
	WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND NOT c.relispartition
	UNION ALL
	SELECT 'policy', c.schema, p.polname, c.name,
		concat_ws(' ', CASE WHEN p.polpermissive THEN 'AS PERMISSIVE' ELSE 'AS RESTRICTIVE' END,
			'FOR ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
			'TO ' || coalesce((SELECT string_agg(quote_ident(a.rolname), ', ' ORDER BY a.rolname) FROM pg_roles a WHERE a.oid = ANY(p.polroles)), 'PUBLIC'),
			'USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', 'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
		'pg_policy'::regclass, p.oid, 'pg_class'::regclass, c.oid
	FROM pg_policy p JOIN tables c ON c.oid = p.polrelid
	UNION ALL
	SELECT 'rule', c.schema, r.rulename, c.name,
		pg_get_ruledef(r.oid) || CASE r.ev_enabled WHEN 'O' THEN '' WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' ON REPLICAS' ELSE ' ALWAYS' END,
		'pg_rewrite'::regclass, r.oid, 'pg_class'::regclass, c.oid
	FROM pg_rewrite r JOIN tables c ON c.oid = r.ev_class
	WHERE r.rulename <> '_RETURN'
	UNION ALL
	SELECT 'domain', n.name, t.typname, NULL,
		concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
			(SELECT format('COLLATE %I.%I', m.nspname, o.collname) FROM pg_collation o JOIN pg_namespace m ON m.oid = o.collnamespace JOIN pg_type b ON b.oid = t.typbasetype
				WHERE o.oid = t.typcollation AND t.typcollation <> b.typcollation),
			'DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN 'NOT NULL' END,
			(SELECT string_agg(format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), ' ' ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c')),
		'pg_type'::regclass, t.oid, 'pg_type'::regclass, t.oid
	FROM pg_type t JOIN schemas n ON n.oid = t.typnamespace
	WHERE t.typtype = 'd'
	UNION ALL
	SELECT 'composite type', c.schema, c.name, NULL,
		(SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
		'pg_class'::regclass, c.oid, 'pg_type'::regclass, t.oid
	FROM tables c JOIN pg_type t ON t.typrelid = c.oid
	WHERE c.relkind = 'c'
	UNION ALL
	SELECT 'range type', n.name, t.typname, NULL,
		(SELECT concat_ws(' ', 'SUBTYPE ' || format_type(g.rngsubtype, NULL), 'OPCLASS ' || quote_ident(o.opcname), 'CANONICAL ' || nullif(g.rngcanonical::text, '-'), 'SUBTYPE_DIFF ' || nullif(g.rngsubdiff::text, '-'))
			FROM pg_range g JOIN pg_opclass o ON o.oid = g.rngsubopc WHERE g.rngtypid = t.oid),
		'pg_type'::regclass, t.oid, 'pg_type'::regclass, t.oid
	FROM pg_type t JOIN schemas n ON n.oid = t.typnamespace
	WHERE t.typtype = 'r'
	UNION ALL
	SELECT 'sequence', c.schema, c.name, NULL,
		format('AS %s START %s INCREMENT %s MINVALUE %s MAXVALUE %s', format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement, q.seqmin, q.seqmax) || CASE WHEN q.seqcycle THEN ' CYCLE' ELSE '' END,
		'pg_class'::regclass, c.oid, 'pg_class'::regclass, c.oid
	FROM tables c JOIN pg_sequence q ON q.seqrelid = c.oid
	WHERE NOT EXISTS (SELECT FROM pg_depend o WHERE o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.deptype IN ('a', 'i'))
	UNION ALL
	SELECT 'foreign table', c.schema, c.name, NULL,
		concat_ws(' ', (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END, ', ' ORDER BY a.attnum)
			FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), 'SERVER ' || quote_ident(s.srvname), 'OPTIONS (' || array_to_string(f.ftoptions, ', ') || ')'),
		'pg_class'::regclass, c.oid, 'pg_class'::regclass, c.oid
	FROM tables c JOIN pg_foreign_table f ON f.ftrelid = c.oid JOIN pg_foreign_server s ON s.oid = f.ftserver
	WHERE NOT c.relispartition
	UNION ALL
	SELECT 'statistics', n.name, x.stxname, NULL, pg_get_statisticsobjdef(x.oid), 'pg_statistic_ext'::regclass, x.oid, 'pg_statistic_ext'::regclass, x.oid
	FROM pg_statistic_ext x JOIN schemas n ON n.oid = x.stxnamespace
	UNION ALL
	SELECT 'extension', '', e.extname, NULL, '', 'pg_extension'::regclass, e.oid, 'pg_extension'::regclass, e.oid
	FROM pg_extension e
	WHERE e.extname <> 'plpgsql' -- which every database has
)
SELECT o.kind, o.schema, o.name, o."on", coalesce(o.definition, ''), (
	SELECT json_agg(json_build_object('Table', json_build_object('schema', r.schema, 'name', r.name), 'Column', r.column)) FROM (
		SELECT DISTINCT m.nspname AS schema, c.relname AS name, coalesce(a.attname, '') AS column
		FROM pg_depend d
		JOIN pg_class c ON c.oid = CASE d.refclassid WHEN 'pg_class'::regclass THEN d.refobjid
			WHEN 'pg_type'::regclass THEN (SELECT t.typrelid FROM pg_type t WHERE t.oid = d.refobjid) END
		JOIN pg_namespace m ON m.oid = c.relnamespace
		LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
		WHERE d.classid = o.class AND d.objid = o.id AND c.relkind IN ('r', 'p')
			AND (d.refobjsubid > 0 OR c.relname IS DISTINCT FROM o."on")
		ORDER BY 1, 2, 3
	) r)
FROM objects o
WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = o.part_class AND e.objid = o.part AND e.deptype = 'e')
ORDER BY o.kind COLLATE "C", o.schema COLLATE "C", o.name COLLATE "C", o."on" COLLATE "C"
