-- What the functions under test write. It stands beside the app's own tables, in a
-- schema of its own, which the app's migrations leave alone.
CREATE SCHEMA faults;

-- One for each transaction that committed.
CREATE TABLE faults.row (
	id uuid PRIMARY KEY,
	job text NOT NULL, -- that is to handle its event
	key text NOT NULL,
	n int NOT NULL,
	at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON faults.row (key) WHERE key <> '';

-- One for each event that a job has handled.
CREATE TABLE faults.effect (
	id uuid,
	job text,
	row_id uuid NOT NULL,
	key text NOT NULL,
	n int NOT NULL,
	bodies int NOT NULL DEFAULT 1, -- how often the body ran
	seq bigint GENERATED ALWAYS AS IDENTITY,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (id, job)
);
CREATE INDEX ON faults.effect (row_id);

CREATE TABLE faults.step (row_id uuid, name text, bodies int NOT NULL DEFAULT 1, PRIMARY KEY (row_id, name));
-- What stands between two steps, and whether anything has come to there.
CREATE TABLE faults.hold (name text PRIMARY KEY, reached boolean NOT NULL DEFAULT false);
CREATE TABLE faults.failed (row_id uuid NOT NULL, cause text NOT NULL);

-- How often each event that has left the outbox had been sent.
CREATE TABLE faults.gone (id uuid NOT NULL, sends int NOT NULL);
CREATE FUNCTION faults.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO faults.gone SELECT id, sends FROM old_rows;
	RETURN NULL;
END $$;
CREATE TRIGGER faults_note AFTER DELETE ON outbox REFERENCING OLD TABLE AS old_rows
	FOR EACH STATEMENT EXECUTE FUNCTION faults.note();
