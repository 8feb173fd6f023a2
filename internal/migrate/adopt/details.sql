-- Of tables that inherit: their parents, and what they have from them. $1: the PostgreSQL
-- schemas.
SELECT n.nspname, c.relname,
	(SELECT string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = c.oid),
	ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attislocal)
		|| ARRAY(SELECT conname::text FROM pg_constraint WHERE conrelid = c.oid AND NOT conislocal)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1) AND NOT c.relispartition AND c.oid IN (SELECT inhrelid FROM pg_inherits)
