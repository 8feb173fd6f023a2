package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate"
	"switchyard/internal/migrate/plan"
	"switchyard/internal/migrate/record"
	"switchyard/internal/schema"
	"switchyard/internal/schema/schematest"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// apply applies the schema and fails the test if it cannot.
func apply(t *testing.T, url string, s schema.Source) migrate.Result {
	t.Helper()
	r, err := migrate.Apply(t.Context(), url, s, migrate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sql returns the texts of the statements.
func sql(r migrate.Result) (texts []string) {
	for _, s := range r.Steps {
		texts = append(texts, s.SQL)
	}
	return texts
}

// consents returns what the steps ask for.
func consents(steps []plan.Step) (all []string) {
	for _, s := range steps {
		all = append(all, s.Allow)
	}
	return all
}

// connect opens a connection for as long as the test runs.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec // the tables change under it
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// value returns the single value that a query yields.
func value[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) (v T) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func TestApply(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	conn := connect(t, url)

	planned, err := migrate.Plan(t.Context(), url, schematest.Desired(), migrate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := value[int](t, conn, `SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', 'switchyard_internal')`); n != 0 {
		t.Errorf("Plan left %d tables, want it to change nothing", n)
	}
	first := apply(t, url, schematest.Desired())
	if diff := cmp.Diff(planned.Steps, first.Steps); diff != "" || len(first.Steps) == 0 || first.Took <= 0 {
		t.Errorf("Apply did not do what Plan showed, or took no time (%v):\n%s", first.Took, diff)
	}
	// What the first run makes must look to the second as the file does: its checks,
	// its partial indexes and its defaults, which PostgreSQL keeps in its own words.
	if second := apply(t, url, schematest.Desired()); len(second.Steps) != 0 {
		t.Errorf("the second run did %+v, want nothing", second.Steps)
	}

	history, err := record.History(t.Context(), conn, 10)
	if err != nil || len(history) != 1 {
		t.Fatalf("the record: %v\n%+v", err, history)
	}
	var done []string
	for _, s := range history[0].Statements {
		done = append(done, s.SQL)
	}
	if diff := cmp.Diff(sql(first), done); diff != "" || history[0].Digest != schematest.Desired().Digest() || history[0].Took <= 0 {
		t.Errorf("the record: %+v\n%s", history[0], diff)
	}
	if n := value[int](t, conn, `SELECT count(*) FROM pg_database WHERE datname = 'switchyard_scratch_' || left(md5(current_database()), 16)`); n != 0 {
		t.Error("the scratch database is still there")
	}
}

func TestSchemaHoldsItsRules(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	apply(t, url, schematest.Desired())
	conn := connect(t, url)
	insert := `INSERT INTO picture (id, name, size, status) VALUES (gen_random_uuid(), 'a', 1, $1)`
	if _, err := conn.Exec(t.Context(), insert, "ready"); err != nil {
		t.Errorf("a known status: %v", err)
	}
	if _, err := conn.Exec(t.Context(), insert, "lost"); err == nil {
		t.Error("an unknown status was taken")
	}
}

func TestDriftIsMadeUp(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	apply(t, url, schematest.Desired())
	conn := connect(t, url)
	exec(t, conn, `CREATE INDEX stray ON picture (name);
		DROP INDEX picture_uploading;
		ALTER TABLE picture DROP CONSTRAINT picture_status, ALTER width TYPE smallint;
		COMMENT ON SCHEMA public IS 'ours'`)

	r, err := migrate.Apply(t.Context(), url, schematest.Desired(), migrate.Options{Allow: []string{"drop-index:picture.stray"}})
	if err != nil {
		t.Fatal(err)
	}
	plan := strings.Join(sql(r), "\n")
	for _, want := range []string{`DROP INDEX "public"."stray"`, `"picture_uploading"`, `"picture_status"`, `"width" TYPE integer`} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan lacks %s:\n%s", want, plan)
		}
	}
	if again := apply(t, url, schematest.Desired()); len(again.Steps) != 0 || strings.Contains(plan, "COMMENT") {
		t.Errorf("afterwards: %+v; want nothing, and the schema's comment left alone", again.Steps)
	}
}

func TestDataLossIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sql  string
		lost []string
	}{
		"column": {`ALTER TABLE picture ADD colour text`, []string{"drop:picture.colour", "drop-index:picture.stray"}},
		"table":  {`CREATE TABLE todo (id int)`, []string{"drop-index:picture.stray", "drop:todo"}},
		"type":   {`ALTER TABLE picture ALTER size TYPE numeric`, []string{"type:picture.size", "drop-index:picture.stray"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := dbtest.Empty(t)
			apply(t, url, schematest.Desired())
			conn := connect(t, url)
			exec(t, conn, tt.sql)
			exec(t, conn, `CREATE INDEX stray ON picture (name)`)

			r, err := migrate.Apply(t.Context(), url, schematest.Desired(), migrate.Options{})
			var refused *migrate.RefusedError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want a refusal", err)
			}
			if diff := cmp.Diff(tt.lost, consents(refused.Steps)); diff != "" || len(r.Steps) == 0 {
				t.Errorf("losses (along with %d statements):\n%s", len(r.Steps), diff)
			}
			if !strings.Contains(err.Error(), tt.lost[0]) || !strings.Contains(err.Error(), "schema.hcl") {
				t.Errorf("the error does not say what would be lost, and what to do: %v", err)
			}
			if value[*string](t, conn, `SELECT to_regclass('stray')::text`) == nil {
				t.Error("a part of the refused plan was applied")
			}
		})
	}
}

func TestWhatIsNotOursIsLeftAlone(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	conn := connect(t, url)
	exec(t, conn, `CREATE SCHEMA other; CREATE TABLE other.thing (id int);
		CREATE TABLE owned (id int); ALTER EXTENSION plpgsql ADD TABLE owned;
		CREATE VIEW seen AS SELECT 1`)
	if r := apply(t, url, schematest.Desired()); strings.Contains(strings.Join(sql(r), "\n"), "DROP") {
		t.Errorf("the plan drops something: %q", sql(r))
	}
}

func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	type outcome struct {
		r   migrate.Result
		err error
	}
	results := make(chan outcome, 3)
	for range cap(results) {
		go func() {
			r, err := migrate.Apply(t.Context(), url, schematest.Desired(), migrate.Options{})
			results <- outcome{r, err}
		}()
	}
	did := 0
	for range cap(results) {
		o := <-results
		if o.err != nil {
			t.Error(o.err)
		}
		if len(o.r.Steps) > 0 {
			did++
		}
	}
	if did != 1 {
		t.Errorf("%d of them changed something, want one", did)
	}
}

// lock is the name of the lock, which has the project's name in it.
const lock = "migrate switchyard"

func TestWaitsForTheLockAndSaysSo(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	conn := connect(t, url)
	value[any](t, conn, `SELECT pg_advisory_lock(hashtextextended($1, 0))::text`, lock)

	line, log := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := migrate.Apply(t.Context(), url, schematest.Desired(), migrate.Options{Log: log})
		done <- err
	}()
	text := make([]byte, 200)
	n, err := line.Read(text)
	go func() { _, _ = io.Copy(io.Discard, line) }()
	if err != nil || !strings.Contains(string(text[:n]), "waiting") {
		t.Errorf("got %q and %v, want a line that says it waits", text[:n], err)
	}
	value[bool](t, conn, `SELECT pg_advisory_unlock(hashtextextended($1, 0))`, lock)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestWaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	value[any](t, connect(t, url), `SELECT pg_advisory_lock(hashtextextended($1, 0))::text`, lock)
	ctx, cancel := context.WithCancel(t.Context())
	line, log := io.Pipe()
	go func() {
		_, _ = line.Read(make([]byte, 200))
		cancel()
	}()
	if _, err := migrate.Apply(ctx, url, schematest.Desired(), migrate.Options{Log: log}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func TestKilledInTheMiddleGoesOn(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	apply(t, url, schematest.Desired())
	conn := connect(t, url)
	exec(t, conn, `DROP TABLE letter; ALTER TABLE picture DROP reason; DROP SCHEMA switchyard_internal CASCADE`)

	// An open reader holds the change of the table up.
	reader := connect(t, url)
	exec(t, reader, `BEGIN; LOCK TABLE picture IN ACCESS SHARE MODE`)
	done := make(chan error, 1)
	go func() {
		_, err := migrate.Apply(t.Context(), url, schematest.Desired(), migrate.Options{})
		done <- err
	}()
	const kill = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'switchyard migrate' AND wait_event_type = 'Lock'`
	for value[int](t, conn, kill) == 0 {
		select {
		case err := <-done:
			t.Fatalf("it ended before it could be killed: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	if err := <-done; err == nil {
		t.Error("got no error from a killed migration")
	}
	exec(t, reader, `ROLLBACK`)
	if r := apply(t, url, schematest.Desired()); len(r.Steps) == 0 {
		t.Error("the next run found nothing to do")
	}
	if r := apply(t, url, schematest.Desired()); len(r.Steps) > 0 {
		t.Errorf("the run after that did %+v", r.Steps)
	}
}

func TestLeftoverScratchDatabase(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	conn := connect(t, url)
	name := value[string](t, conn, `SELECT 'switchyard_scratch_' || left(md5(current_database()), 16)`)
	exec(t, conn, `CREATE DATABASE `+name)
	apply(t, url, schematest.Desired())
}

func TestWithoutTheRightToCreateDatabases(t *testing.T) {
	t.Parallel()
	at := dbtest.Empty(t)
	conn := connect(t, at)
	role := value[string](t, conn, `SELECT 'limited_' || left(md5(current_database()), 12)`)
	exec(t, conn, fmt.Sprintf(`CREATE ROLE %[1]s LOGIN PASSWORD 'geheim'; GRANT ALL ON SCHEMA public TO %[1]s`, role))
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if _, err := conn.Exec(ctx, fmt.Sprintf(`DROP OWNED BY %[1]s; DROP ROLE %[1]s`, role)); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, "geheim")
	_, err = migrate.Plan(t.Context(), u.String(), schematest.Desired(), migrate.Options{})
	if err == nil || !strings.Contains(err.Error(), "CREATEDB") || !strings.Contains(err.Error(), role) || strings.Contains(err.Error(), "geheim") {
		t.Errorf("got %v, want an error that names the role and the right it lacks, and no password", err)
	}
}

func TestMalformedURL(t *testing.T) {
	t.Parallel()
	for _, u := range []string{"postgres://me:geheim@localhost:port/x", "postgres://me:geheim@localhost/x?sslmode=perhaps"} {
		if _, err := migrate.Plan(t.Context(), u, schematest.Desired(), migrate.Options{}); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("got %v, want an error without the password", err)
		}
	}
}

// An index is built while another migration waits for the lock: it does not wait for that.
func TestTwoAtOnceBuildAnIndex(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	s := func(more string) schema.Source { return schematest.Union(schematest.Table("a", more)) }
	apply(t, url, s(""))
	exec(t, connect(t, url), `INSERT INTO a SELECT generate_series(1, 1000)`)
	failed := make(chan error, 3)
	for range cap(failed) {
		go func() {
			_, err := migrate.Apply(t.Context(), url, s("  index \"a_again\" {\n    on {\n      expr = \"id + 1\"\n    }\n  }\n"), migrate.Options{})
			failed <- err
		}()
	}
	for range cap(failed) {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}
