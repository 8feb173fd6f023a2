-- What HCL cannot say of a database, as statements that make it anew, in an order in which
-- they work. $1: the PostgreSQL schemas. The search path is empty.
--   stage  0: before tables, 1: with the tables that HCL cannot say, 2: after all tables
--   rank   within a stage; then by oid, the order in which they were made
--   needs  the ids of functions and views that must be there before
--   sql    the statement
--   proof  an expression that is true once it has run
WITH RECURSIVE place AS (
	SELECT oid FROM pg_namespace WHERE nspname = ANY ($1)
), foreign_ AS ( -- what extensions own
	SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), need AS ( -- functions that tables, types and their rules use, and those that these use
	SELECT d.refobjid AS oid FROM pg_depend d
	LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
	WHERE d.refclassid = 'pg_proc'::regclass AND (d.classid IN ('pg_attrdef'::regclass, 'pg_constraint'::regclass, 'pg_type'::regclass) OR c.relkind IN ('r', 'p', 'i', 'I'))
	UNION
	SELECT d.refobjid FROM need n
	JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = n.oid AND d.refclassid = 'pg_proc'::regclass
), object (stage, rank, id, sql, proof) AS (
	SELECT 0, 0, e.oid, format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %I', extname, n.nspname),
		format('EXISTS (SELECT FROM pg_extension WHERE extname = %L)', extname)
	FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace
	WHERE extname <> 'plpgsql'
	UNION ALL
	SELECT 0, 1, c.oid, format('CREATE SEQUENCE %s AS %s INCREMENT %s MINVALUE %s MAXVALUE %s START %s CACHE %s%s', c.oid::regclass, format_type(seqtypid, NULL),
			seqincrement, seqmin, seqmax, seqstart, seqcache, CASE WHEN seqcycle THEN ' CYCLE' ELSE '' END),
		format('to_regclass(%L) IS NOT NULL', c.oid::regclass)
	FROM pg_class c JOIN pg_sequence ON seqrelid = c.oid
	WHERE c.relnamespace IN (SELECT oid FROM place)
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i', 'e'))
	UNION ALL
	SELECT 0, 2, t.oid, format('CREATE DOMAIN %s AS %s', t.oid::regtype, format_type(t.typbasetype, t.typtypmod))
			|| coalesce((SELECT format(' COLLATE %s', t.typcollation::regcollation) WHERE t.typcollation <> b.typcollation), '')
			|| coalesce(' DEFAULT ' || pg_get_expr(t.typdefaultbin, 0), '')
			|| CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
			|| coalesce((SELECT string_agg(format(' CONSTRAINT %I %s', conname, pg_get_constraintdef(k.oid)), '' ORDER BY conname) FROM pg_constraint k WHERE contypid = t.oid AND contype = 'c'), ''),
		format('to_regtype(%L) IS NOT NULL', t.oid::regtype)
	FROM pg_type t JOIN pg_type b ON b.oid = t.typbasetype
	WHERE t.typtype = 'd' AND t.typnamespace IN (SELECT oid FROM place)
	UNION ALL
	SELECT 0, 2, t.oid, format('CREATE TYPE %s AS (%s)', t.oid::regtype, (
			SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)) || coalesce((SELECT format(' COLLATE %s', attcollation::regcollation) WHERE attcollation <> a.typcollation), ''), ', ' ORDER BY attnum)
			FROM pg_attribute JOIN pg_type a ON a.oid = atttypid WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)),
		format('to_regtype(%L) IS NOT NULL', t.oid::regtype)
	FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
	WHERE t.typnamespace IN (SELECT oid FROM place)
	UNION ALL
	SELECT 0, 2, t.oid, format('CREATE TYPE %s AS RANGE (subtype = %s, subtype_opclass = %s%s%s%s, multirange_type_name = %s)', t.oid::regtype, format_type(rngsubtype, NULL),
			(SELECT format('%I.%I', n.nspname, opcname) FROM pg_opclass o JOIN pg_namespace n ON n.oid = opcnamespace WHERE o.oid = rngsubopc),
			CASE WHEN rngcollation <> 0 THEN format(', collation = %s', rngcollation::regcollation) END,
			CASE WHEN rngcanonical <> 0 THEN format(', canonical = %s', rngcanonical::oid::regproc) END,
			CASE WHEN rngsubdiff <> 0 THEN format(', subtype_diff = %s', rngsubdiff::oid::regproc) END,
			rngmultitypid::regtype),
		format('to_regtype(%L) IS NOT NULL', t.oid::regtype)
	FROM pg_type t JOIN pg_range ON rngtypid = t.oid
	WHERE t.typnamespace IN (SELECT oid FROM place)
	UNION ALL
	SELECT CASE WHEN p.oid IN (SELECT oid FROM need) THEN 0 ELSE 2 END, 2, p.oid, rtrim(pg_get_functiondef(p.oid), E'\n'),
		format('to_regprocedure(%L) IS NOT NULL', p.oid::regprocedure)
	FROM pg_proc p
	WHERE prokind <> 'a' AND pronamespace IN (SELECT oid FROM place)
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i') -- a constructor of a range
	UNION ALL
	SELECT CASE WHEN p.oid IN (SELECT oid FROM need) THEN 0 ELSE 2 END, 2, p.oid,
		format('CREATE AGGREGATE %I.%I(%s) (SFUNC = %s, STYPE = %s%s%s%s, PARALLEL = %s)', n.nspname, p.proname, pg_get_function_arguments(p.oid), aggtransfn::oid::regproc, format_type(aggtranstype, NULL),
			CASE WHEN aggfinalfn <> 0 THEN format(', FINALFUNC = %s', aggfinalfn::oid::regproc) END,
			CASE WHEN aggcombinefn <> 0 THEN format(', COMBINEFUNC = %s', aggcombinefn::oid::regproc) END,
			CASE WHEN agginitval IS NOT NULL THEN format(', INITCOND = %L', agginitval) END,
			CASE proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END),
		format('to_regprocedure(%L) IS NOT NULL', p.oid::regprocedure)
	FROM pg_aggregate JOIN pg_proc p ON p.oid = aggfnoid JOIN pg_namespace n ON n.oid = p.pronamespace
	WHERE pronamespace IN (SELECT oid FROM place) AND aggkind = 'n' AND aggmtransfn = 0
	UNION ALL
	SELECT 1, 1, c.oid, format('CREATE TABLE %s PARTITION OF %s %s%s', c.oid::regclass, i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid), coalesce(' PARTITION BY ' || pg_get_partkeydef(c.oid), '')),
		format('to_regclass(%L) IS NOT NULL', c.oid::regclass)
	FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
	WHERE c.relispartition AND c.relkind IN ('r', 'p') AND c.relnamespace IN (SELECT oid FROM place)
	UNION ALL
	SELECT 2, 2, c.oid, format('CREATE %s %s%s AS%s%s', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END, c.oid::regclass,
			' WITH (' || array_to_string(reloptions, ', ') || ')', E'\n' || rtrim(pg_get_viewdef(c.oid), ';'), CASE WHEN NOT relispopulated THEN E'\nWITH NO DATA' END),
		format('to_regclass(%L) IS NOT NULL', c.oid::regclass)
	FROM pg_class c
	WHERE relkind IN ('v', 'm') AND relnamespace IN (SELECT oid FROM place)
	UNION ALL
	SELECT 2, 4, i.oid, pg_get_indexdef(i.oid), format('to_regclass(%L) IS NOT NULL', i.oid::regclass)
	FROM pg_index JOIN pg_class i ON i.oid = indexrelid JOIN pg_class c ON c.oid = indrelid
	WHERE c.relkind = 'm' AND c.relnamespace IN (SELECT oid FROM place)
	UNION ALL
	SELECT 2, 5, s.oid, pg_get_statisticsobjdef(s.oid), format('EXISTS (SELECT FROM pg_statistic_ext WHERE stxname = %L AND stxrelid = to_regclass(%L))', stxname, stxrelid::regclass)
	FROM pg_statistic_ext s JOIN pg_class c ON c.oid = stxrelid
	WHERE c.relnamespace IN (SELECT oid FROM place)
	UNION ALL
	SELECT 2, 6, r.oid, rtrim(pg_get_ruledef(r.oid), ';'), format('EXISTS (SELECT FROM pg_rewrite WHERE rulename = %L AND ev_class = to_regclass(%L))', rulename, ev_class::regclass)
	FROM pg_rewrite r JOIN pg_class c ON c.oid = ev_class
	WHERE rulename <> '_RETURN' AND c.relnamespace IN (SELECT oid FROM place)
	UNION ALL
	SELECT 2, 7, t.oid, pg_get_triggerdef(t.oid), format('EXISTS (SELECT FROM pg_trigger WHERE tgname = %L AND tgrelid = to_regclass(%L))', tgname, tgrelid::regclass)
	FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
	WHERE NOT tgisinternal AND tgparentid = 0 AND c.relnamespace IN (SELECT oid FROM place)
	UNION ALL
	SELECT 2, 8, t.oid, format('ALTER TABLE %s %s TRIGGER %I', tgrelid::regclass, CASE tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE REPLICA' END, tgname),
		format('EXISTS (SELECT FROM pg_trigger WHERE tgname = %L AND tgrelid = to_regclass(%L) AND tgenabled = %L)', tgname, tgrelid::regclass, tgenabled)
	FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
	WHERE NOT tgisinternal AND tgparentid = 0 AND tgenabled <> 'O' AND c.relnamespace IN (SELECT oid FROM place)
	UNION ALL
	SELECT 2, 9, p.oid, format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', polname, polrelid::regclass, CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
			CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
			(SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE role::regrole::text END, ', ') FROM unnest(polroles) role),
			' USING (' || pg_get_expr(polqual, polrelid) || ')', ' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')'),
		format('EXISTS (SELECT FROM pg_policy WHERE polname = %L AND polrelid = to_regclass(%L))', polname, polrelid::regclass)
	FROM pg_policy p JOIN pg_class c ON c.oid = polrelid
	WHERE c.relnamespace IN (SELECT oid FROM place)
	UNION ALL
	SELECT 2, 3, c.oid, format('ALTER TABLE %s SET (%s)', c.oid::regclass, array_to_string(reloptions, ', ')),
		format('(SELECT reloptions FROM pg_class WHERE oid = to_regclass(%L)) @> %L', c.oid::regclass, reloptions)
	FROM pg_class c
	WHERE relkind IN ('r', 'p') AND reloptions IS NOT NULL AND relnamespace IN (SELECT oid FROM place)
	UNION ALL
	SELECT 2, 3, c.oid, format('ALTER TABLE %s REPLICA IDENTITY %s', c.oid::regclass, CASE relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING'
			ELSE (SELECT format('USING INDEX %I', i.relname) FROM pg_index JOIN pg_class i ON i.oid = indexrelid WHERE indrelid = c.oid AND indisreplident) END),
		format('(SELECT relreplident FROM pg_class WHERE oid = to_regclass(%L)) = %L', c.oid::regclass, relreplident)
	FROM pg_class c
	WHERE relkind IN ('r', 'p') AND relreplident <> 'd' AND relnamespace IN (SELECT oid FROM place)
	UNION ALL
	SELECT 2, 3, c.oid, format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', c.oid::regclass, attname, attstattarget),
		format('(SELECT attstattarget FROM pg_attribute WHERE attrelid = to_regclass(%L) AND attname = %L) = %s', c.oid::regclass, attname, attstattarget)
	FROM pg_class c JOIN pg_attribute ON attrelid = c.oid
	WHERE relkind IN ('r', 'p') AND attnum > 0 AND attstattarget > 0 AND relnamespace IN (SELECT oid FROM place)
	UNION ALL
	SELECT 2, 3, s.seqrelid, format('ALTER TABLE %s ALTER COLUMN %I SET MINVALUE %s SET MAXVALUE %s SET CACHE %s SET %sCYCLE', t.oid::regclass, attname, seqmin, seqmax, seqcache, CASE WHEN seqcycle THEN '' ELSE 'NO ' END),
		format('EXISTS (SELECT FROM pg_sequence WHERE seqrelid = to_regclass(pg_get_serial_sequence(%L, %L)) AND (seqmin, seqmax, seqcache, seqcycle) = (%s, %s, %s, %L))',
			t.oid::regclass, attname, seqmin, seqmax, seqcache, seqcycle)
	FROM pg_sequence s JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = seqrelid AND d.deptype = 'i'
	JOIN pg_class t ON t.oid = d.refobjid JOIN pg_attribute ON attrelid = t.oid AND attnum = d.refobjsubid
	WHERE t.relnamespace IN (SELECT oid FROM place) AND (seqcache <> 1 OR seqcycle OR seqincrement > 0 AND (seqmin <> 1 OR seqmax NOT IN (32767, 2147483647, 9223372036854775807)))
	UNION ALL
	SELECT 2, 10, d.objoid, format('COMMENT ON %s %s IS %L', CASE WHEN o.type = 'composite type' THEN 'TYPE' WHEN o.type LIKE '% column' THEN 'COLUMN'
			WHEN o.type IN ('table constraint', 'domain constraint') THEN 'CONSTRAINT' ELSE upper(o.type) END,
			CASE o.type WHEN 'domain constraint' THEN regexp_replace(o.identity, ' on ', ' ON DOMAIN ') ELSE o.identity END, description),
		format('EXISTS (SELECT FROM pg_description d, pg_identify_object(classoid, objoid, objsubid) WHERE type = %L AND identity = %L AND md5(description) = %L)', o.type, o.identity, md5(description))
	FROM pg_description d, pg_identify_object(classoid, objoid, objsubid) o
	WHERE classoid IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass, 'pg_rewrite'::regclass, 'pg_constraint'::regclass)
		AND o.type NOT IN ('table', 'table column', 'index')
		AND NOT EXISTS (SELECT FROM foreign_ f WHERE f.classid = d.classoid AND f.objid = d.objoid)
		AND (pg_identify_object_as_address(classoid, objoid, objsubid)).object_names[1] = ANY ($1)
)
SELECT stage, id::bigint, sql, proof, ARRAY(
	SELECT refobjid::bigint FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = id AND refclassid IN ('pg_proc'::regclass, 'pg_class'::regclass)
	UNION SELECT t.typrelid::bigint FROM pg_depend JOIN pg_type t ON t.oid = refobjid WHERE classid = 'pg_proc'::regclass AND objid = id AND refclassid = 'pg_type'::regclass
	UNION SELECT d.refobjid::bigint FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid WHERE ev_class = id AND d.refclassid IN ('pg_proc'::regclass, 'pg_class'::regclass)
) AS needs
FROM object
WHERE sql IS NOT NULL AND id NOT IN (SELECT objid FROM foreign_ WHERE classid IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass))
ORDER BY stage, rank, id
