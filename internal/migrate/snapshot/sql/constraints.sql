SELECT n.nspname, c.relname, k.conname, k.contype::text, regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''),
	(SELECT array_agg(a.attname::text ORDER BY u.place) FROM unnest(k.conkey) WITH ORDINALITY u(attnum, place)
		JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
	m.nspname, r.relname, NOT k.convalidated, coalesce(obj_description(k.oid, 'pg_constraint'), CASE WHEN k.contype IN ('p', 'u', 'x') THEN obj_description(k.conindid, 'pg_class') END, '')
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype IN ('c', 'f', 'p', 'u', 'x')
	AND k.conparentid = 0 -- else it is what a foreign key is for one partition
LEFT JOIN pg_class r ON r.oid = k.confrelid AND k.contype = 'f'
LEFT JOIN pg_namespace m ON m.oid = r.relnamespace
WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY 1, 2, 3
