SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
	coalesce((SELECT format('%I.%I', m.nspname, o.collname) FROM pg_collation o JOIN pg_namespace m ON m.oid = o.collnamespace
		WHERE o.oid = a.attcollation AND a.attcollation <> t.typcollation), ''),
	a.attnotnull,
	coalesce(CASE WHEN a.attgenerated = '' AND serial.seqrelid IS NULL THEN pg_get_expr(d.adbin, d.adrelid) END, ''),
	serial.seqrelid IS NOT NULL,
	coalesce(CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END, ''),
	coalesce(col_description(c.oid, a.attnum), ''),
	a.attidentity::text, coalesce(identity.seqstart, 0), coalesce(identity.seqincrement, 0)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
-- The default is the next value of a sequence that the column owns, and nothing else.
LEFT JOIN LATERAL (
	SELECT q.seqrelid FROM pg_depend uses
	JOIN pg_sequence q ON q.seqrelid = uses.refobjid
	JOIN pg_depend owns ON owns.classid = 'pg_class'::regclass AND owns.objid = q.seqrelid AND owns.deptype = 'a'
		AND owns.refclassid = 'pg_class'::regclass AND owns.refobjid = c.oid AND owns.refobjsubid = a.attnum
	WHERE uses.classid = 'pg_attrdef'::regclass AND uses.objid = d.oid AND uses.refclassid = 'pg_class'::regclass
		AND pg_get_expr(d.adbin, d.adrelid) ~ '^nextval\(''[^'']*''::regclass\)$'
	LIMIT 1
) serial ON d.oid IS NOT NULL
LEFT JOIN LATERAL (
	SELECT q.seqstart, q.seqincrement FROM pg_depend owns
	JOIN pg_sequence q ON q.seqrelid = owns.objid
	WHERE owns.classid = 'pg_class'::regclass AND owns.deptype = 'i'
		AND owns.refclassid = 'pg_class'::regclass AND owns.refobjid = c.oid AND owns.refobjsubid = a.attnum
) identity ON a.attidentity <> ''
WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY 1, 2, a.attnum
