-- What router migrate would do, for the schema 0123456789ab: psql "$DATABASE_URL" -f FILE
-- It ends at the first statement that fails; then print a new file, which has the rest.
-- At its end it notes that all was applied, so that the program is content.
\set ON_ERROR_STOP on
SET lock_timeout = '3s';

-- The record of migrations.
(tables)
CREATE TABLE IF NOT EXISTS switchyard_internal.release (
	replica    text PRIMARY KEY,
	id         text NOT NULL,
	digest     text NOT NULL,
	uses       jsonb NOT NULL,
	alive_for  interval NOT NULL,
	started_at timestamptz NOT NULL DEFAULT now(),
	seen_at    timestamptz NOT NULL DEFAULT now()
);

-- schema/sql/010_types.sql
-- safe: runs once, in one transaction
BEGIN;
CREATE EXTENSION citext;
INSERT INTO switchyard_internal.script (file, digest) VALUES ('010_types.sql', 'd1') ON CONFLICT (file) DO UPDATE SET digest = excluded.digest, applied_at = now();
COMMIT;

-- shared/parcels/schema.hcl
-- safe
CREATE TABLE "public"."parcel" (
  "id" bigint NOT NULL
);

-- schema/schema.hcl
BEGIN;
-- safe
ALTER TABLE "public"."orders" ADD COLUMN "code" uuid;
-- safe
ALTER TABLE "public"."orders" ALTER COLUMN "code" SET DEFAULT gen_random_uuid();
COMMIT;

-- schema/schema.hcl
-- safe: in batches, a transaction each
DO $switchyard$
DECLARE
	next_page_ bigint := 0;
	last_page_ bigint := (SELECT max(pg_relation_size(id)) / current_setting('block_size')::bigint
		FROM (SELECT '"public"."orders"'::regclass UNION SELECT relid FROM pg_partition_tree('"public"."orders"')) AS part(id));
BEGIN
	WHILE next_page_ <= last_page_ LOOP
		UPDATE "public"."orders" SET "code" = DEFAULT WHERE ("code" IS NULL)
			AND ctid >= format('(%s,0)', next_page_)::tid AND ctid < format('(%s,0)', next_page_ + 64)::tid;
		COMMIT;
		next_page_ := next_page_ + 64;
	END LOOP;
END $switchyard$;
UPDATE "public"."orders" SET "code" = DEFAULT WHERE "code" IS NULL;

-- schema/schema.hcl
-- safe
CREATE INDEX CONCURRENTLY "orders_code" ON "public"."orders" ("code");

-- schema/schema.hcl
-- slow: the table (1.2 GB, about 2000000 rows) is rewritten, and nobody can use it meanwhile: about 24s; allowed by --allow slow:orders.n
ALTER TABLE "public"."orders" ALTER COLUMN "n" TYPE bigint;

-- schema/sql/020_states.sql
-- safe
DO $switchyard$
DECLARE changed bigint;
BEGIN
	LOOP
UPDATE orders SET state = 'new'
WHERE id IN (SELECT id FROM orders WHERE state IS NULL LIMIT 1000);
		GET DIAGNOSTICS changed = ROW_COUNT;
		COMMIT;
		EXIT WHEN changed = 0;
	END LOOP;
END $switchyard$;
INSERT INTO switchyard_internal.script (file, digest) VALUES ('020_states.sql', 'd2') ON CONFLICT (file) DO UPDATE SET digest = excluded.digest, applied_at = now();

-- All is done: it is recorded.
INSERT INTO switchyard_internal.expected (digest, snapshot) VALUES ('0123456789abcdef', '{"schemas":["public"],"tables":null,"enums":null,"objects":null}')
	ON CONFLICT (digest) DO UPDATE SET snapshot = excluded.snapshot, recorded_at = now();
INSERT INTO switchyard_internal.migration (duration, digest, statements, release, role, finished_at)
	VALUES ('0', '0123456789abcdef', ARRAY['CREATE EXTENSION citext;', 'CREATE TABLE "public"."parcel" (
  "id" bigint NOT NULL
)', 'ALTER TABLE "public"."orders" ADD COLUMN "code" uuid', 'ALTER TABLE "public"."orders" ALTER COLUMN "code" SET DEFAULT gen_random_uuid()', 'UPDATE "public"."orders" SET "code" = DEFAULT WHERE "code" IS NULL', 'CREATE INDEX CONCURRENTLY "orders_code" ON "public"."orders" ("code")', 'ALTER TABLE "public"."orders" ALTER COLUMN "n" TYPE bigint', 'UPDATE orders SET state = ''new''
WHERE id IN (SELECT id FROM orders WHERE state IS NULL LIMIT 1000)']::text[], 'by hand', current_user, clock_timestamp());
