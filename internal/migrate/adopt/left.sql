-- What is not adopted, a sentence each, with what to do. $1: the PostgreSQL schemas.
WITH place AS (
	SELECT oid FROM pg_namespace WHERE nspname = ANY ($1)
), foreign_ AS (
	SELECT objid FROM pg_depend WHERE deptype = 'e'
), left_ (kind, name, oid) AS (
	SELECT 'the foreign table', oid::regclass::text, oid FROM pg_class WHERE relkind = 'f' AND relnamespace IN (SELECT oid FROM place)
	UNION ALL SELECT 'the operator', oid::regoperator::text, oid FROM pg_operator WHERE oprnamespace IN (SELECT oid FROM place)
	UNION ALL SELECT 'the collation', oid::regcollation::text, oid FROM pg_collation WHERE collnamespace IN (SELECT oid FROM place)
	UNION ALL SELECT 'the text search configuration', oid::regconfig::text, oid FROM pg_ts_config WHERE cfgnamespace IN (SELECT oid FROM place)
	UNION ALL SELECT 'the aggregate', oid::regprocedure::text, oid FROM pg_proc JOIN pg_aggregate ON aggfnoid = pg_proc.oid WHERE pronamespace IN (SELECT oid FROM place) AND (aggkind <> 'n' OR aggmtransfn <> 0)
	UNION ALL SELECT 'the type', oid::regtype::text, oid FROM pg_type WHERE typtype = 'b' AND typcategory <> 'A' AND typnamespace IN (SELECT oid FROM place)
	UNION ALL SELECT 'the event trigger', evtname, oid FROM pg_event_trigger
	UNION ALL SELECT 'the publication', pubname, oid FROM pg_publication
)
SELECT format('%s %s is not described, and left alone: write an SQL file that makes it', kind, name) FROM left_ WHERE oid NOT IN (SELECT objid FROM foreign_)
UNION ALL
SELECT format('the sequence %s of %s.%I has settings or a name of its own, which a new database will not have', s.oid::regclass, t.oid::regclass, attname)
FROM pg_class s JOIN pg_sequence ON seqrelid = s.oid JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype = 'a'
JOIN pg_class t ON t.oid = d.refobjid JOIN pg_attribute ON attrelid = t.oid AND attnum = d.refobjsubid
WHERE s.relnamespace IN (SELECT oid FROM place) AND (s.relname <> left(t.relname || '_' || attname || '_seq', 63) OR seqcache <> 1 OR seqcycle OR seqincrement <> 1 OR seqstart <> 1)
UNION ALL
SELECT 'owners and privileges (GRANT) are not described: they stay as they are, and a new database has those of the role that migrates'
WHERE EXISTS (SELECT FROM pg_class WHERE relacl IS NOT NULL AND relnamespace IN (SELECT oid FROM place))
ORDER BY 1
