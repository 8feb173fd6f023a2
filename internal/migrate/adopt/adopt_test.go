package adopt_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate"
	"switchyard/internal/migrate/adopt"
	"switchyard/internal/migrate/snapshot"
	"switchyard/internal/names"
	"switchyard/internal/schema"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// database returns a database as testdata/name.sql makes it.
func database(t *testing.T, name string) (url string, conn *pgx.Conn) {
	t.Helper()
	url = dbtest.Empty(t)
	conn = connect(t, url)
	text, err := os.ReadFile(filepath.Join("testdata", name+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	run(t, conn, string(text))
	return url, conn
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func run(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// adopted adopts the database at url into a new folder, and returns that and the report.
func adopted(t *testing.T, url string, services schema.Source) (dir string, r adopt.Report) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "schema")
	r, err := migrate.Adopt(t.Context(), url, services, dir, migrate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return dir, r
}

// source reads the schema in dir.
func source(t *testing.T, dir string) schema.Source {
	t.Helper()
	s, err := schema.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// read returns what the PostgreSQL schemas of s hold at url.
func read(t *testing.T, url string, s schema.Source) snapshot.Snapshot {
	t.Helper()
	read, err := s.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	is, err := snapshot.Read(t.Context(), connect(t, url), read.Namespaces)
	if err != nil {
		t.Fatal(err)
	}
	return is
}

// apply migrates to s, with nothing to consent to, and returns the SQL.
func apply(t *testing.T, url string, s schema.Source) (sql []string) {
	t.Helper()
	r, err := migrate.Apply(t.Context(), url, s, migrate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range r.Steps {
		sql = append(sql, step.SQL)
	}
	return sql
}

// TestNothingToDo adopts databases of other programs. There is nothing to migrate then, and
// the files make the same database again.
func TestNothingToDo(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"drizzle", "betterauth", "prisma", "goose"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _ := database(t, name)
			dir, report := adopted(t, url, "")
			if len(report.Differs) > 0 {
				t.Errorf("it says that something differs: %q", report.Differs)
			}
			s := source(t, dir)
			before := read(t, url, s)
			for range 2 {
				if sql := apply(t, url, s); sql != nil {
					t.Errorf("the plan has %q, want nothing", sql)
				}
			}
			if diff := cmp.Diff(before, read(t, url, s)); diff != "" {
				t.Errorf("the database was changed: %s", diff)
			}
			fresh := dbtest.Empty(t)
			apply(t, fresh, s)
			if diff := cmp.Diff(before, read(t, fresh, s), cmpopts.EquateEmpty(), columnOrder); diff != "" {
				t.Errorf("the files make another database: %s", diff)
			}
		})
	}
}

// columnOrder makes the order of columns not count.
var columnOrder = cmpopts.SortSlices(func(a, b snapshot.Column) bool { return a.Name < b.Name }) //nolint:gochecknoglobals // a constant

// TestServices adopts a database of Better Auth with plugins for a program that has its
// tables itself: what the plugins have added goes into blocks that add to them, and of
// what was there nothing changes.
func TestServices(t *testing.T) {
	t.Parallel()
	url, conn := database(t, "betterauth")
	run(t, conn, `INSERT INTO "user" (id, name, email, "emailVerified", banned, "twoFactorEnabled") VALUES ('u', 'Ada', 'ada@example.com', true, 't', false)`)
	services := services(t)
	dir, report := adopted(t, url, services)
	for _, want := range []string{"two-factor, admin, organization", "passkey, api-key", "refused sign-in"} {
		if !strings.Contains(strings.Join(report.Recognised, "\n"), want) {
			t.Errorf("it does not say %q: %q", want, report.Recognised)
		}
	}
	if !slices.ContainsFunc(report.Differs, func(s string) bool { return strings.Contains(s, "the table outbox is missing") }) {
		t.Errorf("it does not say that the outbox is missing: %q", report.Differs)
	}
	hcl, err := os.ReadFile(filepath.Join(dir, "schema.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "table \"user\" {\n  column \"twoFactorEnabled\" {"; !strings.Contains(string(hcl), want) {
		t.Errorf("the file has not %q:\n%s", want, hcl)
	}
	whole := schema.Join(append(services.Files(), source(t, dir).Files()...))
	before := read(t, url, whole)
	if sql := apply(t, url, whole); len(sql) == 0 {
		t.Error("nothing was done, want the tables of the services to be made")
	}
	if d := snapshot.Compare(before, read(t, url, whole)); len(d.Missing) > 0 {
		t.Errorf("of what was there something has changed: %+v", d.Missing)
	}
	if sql := apply(t, url, whole); sql != nil {
		t.Errorf("the second plan has %q", sql)
	}
	var banned bool
	if err := conn.QueryRow(t.Context(), `SELECT banned FROM "user"`).Scan(&banned); err != nil || !banned {
		t.Errorf("the user is banned: %v, %v", banned, err)
	}
}

// TestOtherNames adopts a database whose tables of Better Auth have other names: the files
// keep Better Auth's, as those of services do.
func TestOtherNames(t *testing.T) {
	t.Parallel()
	url, conn := database(t, "betterauth")
	run(t, conn, `ALTER TABLE "user" RENAME TO users; ALTER TABLE users RENAME "emailVerified" TO email_verified; ALTER TABLE users RENAME "twoFactorEnabled" TO two_factor_enabled;
		CREATE TABLE pet (id int PRIMARY KEY, owner text REFERENCES users (id), nick text UNIQUE)`)
	var called names.Names
	if err := called.UnmarshalText([]byte(`{"user": {"modelName": "users", "fields": {"emailVerified": "email_verified", "twoFactorEnabled": "two_factor_enabled"}}}`)); err != nil {
		t.Fatal(err)
	}
	o := migrate.Options{Names: called}
	services := services(t)
	dir := filepath.Join(t.TempDir(), "schema")
	if _, err := migrate.Adopt(t.Context(), url, services, dir, o); err != nil {
		t.Fatal(err)
	}
	whole := schema.Join(append(services.Files(), source(t, dir).Files()...))
	if err := whole.Check(); err != nil {
		t.Errorf("without the names the files make no sense: %v", err)
	}
	r, err := migrate.Plan(t.Context(), url, whole, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Steps {
		if !strings.HasPrefix(s.SQL, "CREATE ") && !strings.Contains(s.SQL, " FOREIGN KEY ") && !strings.Contains(s.SQL, "CONSTRAINT") || s.Allow != "" {
			t.Errorf("the plan has %s (%s)", s.SQL, s.Allow)
		}
	}
}

// services returns the schema of this program without the project's own files.
func services(t *testing.T) schema.Source {
	t.Helper()
	var files []schema.File
	for _, f := range dbtest.Schema(t).Files() {
		if !strings.HasPrefix(f.Name, "schema/") {
			files = append(files, f)
		}
	}
	return schema.Join(files)
}

// Files that say something are not overwritten; those that adopting has left, are.
func TestFilesAreKept(t *testing.T) {
	t.Parallel()
	url, conn := database(t, "drizzle")
	dir, _ := adopted(t, url, "")
	run(t, conn, `ALTER TABLE orders ADD note text`)
	if _, err := migrate.Adopt(t.Context(), url, "", dir, migrate.Options{}); err != nil {
		t.Errorf("again: %v", err)
	}
	name := filepath.Join(dir, "schema.hcl")
	written, err := os.ReadFile(name)
	if err != nil || !strings.Contains(string(written), `column "note"`) {
		t.Errorf("the new column is not there: %v", err)
	}
	edited := []byte(string(written) + "// Mine.\n")
	if err := os.WriteFile(name, edited, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = migrate.Adopt(t.Context(), url, "", dir, migrate.Options{})
	if e, ok := errors.AsType[*adopt.ExistsError](err); !ok || !slices.Equal(e.Files, []string{name}) {
		t.Errorf("got %v, want a refusal to overwrite %s", err, name)
	}
	if after, _ := os.ReadFile(name); string(after) != string(edited) {
		t.Error("it was overwritten")
	}
}

// What cannot be described is named.
func TestLeft(t *testing.T) {
	t.Parallel()
	url, conn := database(t, "goose")
	run(t, conn, `CREATE COLLATION german (provider = icu, locale = 'de');
		CREATE SEQUENCE odd; ALTER TABLE cache ADD n bigint DEFAULT nextval('odd'); ALTER SEQUENCE odd OWNED BY cache.n;
		GRANT SELECT ON cache TO pg_monitor`)
	_, report := adopted(t, url, "")
	for _, want := range []string{"the collation public.german is not described", "the sequence public.odd of public.cache.n has settings or a name of its own", "privileges (GRANT)"} {
		if !strings.Contains(strings.Join(report.Left, "\n"), want) {
			t.Errorf("it does not say %q: %q", want, report.Left)
		}
	}
}
