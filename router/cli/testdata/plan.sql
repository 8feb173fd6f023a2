-- schema/sql/010_types.sql
-- safe: runs once, in one transaction
CREATE EXTENSION citext;

-- shared/parcels/schema.hcl
-- safe
CREATE TABLE "public"."parcel" (
  "id" bigint NOT NULL
);

-- schema/schema.hcl
-- safe
ALTER TABLE "public"."orders" ADD COLUMN "code" uuid;
-- safe
ALTER TABLE "public"."orders" ALTER COLUMN "code" SET DEFAULT gen_random_uuid();
-- safe: in batches, a transaction each
UPDATE "public"."orders" SET "code" = DEFAULT WHERE "code" IS NULL;
-- safe
CREATE INDEX CONCURRENTLY "orders_code" ON "public"."orders" ("code");
-- slow: the table (1.2 GB, about 2000000 rows) is rewritten, and nobody can use it meanwhile: about 24s; allowed by --allow slow:orders.n
ALTER TABLE "public"."orders" ALTER COLUMN "n" TYPE bigint;

-- schema/sql/020_states.sql
-- safe
UPDATE orders SET state = 'new'
WHERE id IN (SELECT id FROM orders WHERE state IS NULL LIMIT 1000);

-- schema/schema.hcl
-- losing: the column has rows; needs --allow drop:orders.note
ALTER TABLE "public"."orders" DROP COLUMN "note";
-- breaking: the release abc lives, and reads it; needs --allow break:orders.old
ALTER TABLE "public"."orders" DROP COLUMN "old";

-- in no file
-- unsupported: a table cannot become a divided one: make another table, and move the rows
-- ALTER TABLE "public"."orders"
-- 	PARTITION BY RANGE (id);

11 statements planned in 120ms: 7 safe, 1 slow, 1 breaking, 1 losing, 1 unsupported.
Refused without: --allow drop:orders.note --allow break:orders.old
Left alone, as more than the schema says:
  the table todo is in no file
Warnings:
  schema/sql/030_x.sql:3 may fail: no such table
