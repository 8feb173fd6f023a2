package migrate_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"switchyard/internal/migrate"
	"switchyard/internal/schema"
	"switchyard/internal/schema/schematest"
	"switchyard/shared/db/dbtest"
)

// withSQL returns a schema of tables and SQL files, of which texts are in turn the names
// and contents.
func withSQL(tables string, files ...string) schema.Source {
	for i := 0; i < len(files); i += 2 {
		files[i] = "schema/sql/" + files[i]
	}
	return schematest.Union(tables, files...)
}

// sameAgain applies s, and fails the test if something is left to do, or to say.
func sameAgain(t *testing.T, url string, s schema.Source, o migrate.Options) {
	t.Helper()
	if r, err := migrate.Apply(t.Context(), url, s, o); err != nil {
		t.Fatal(err)
	} else if len(r.Warnings) > 0 {
		t.Errorf("got the warnings %q", r.Warnings)
	}
	r, err := migrate.Plan(t.Context(), url, s, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Steps)+len(r.Left) > 0 {
		t.Errorf("the second plan is not empty: %q, %q", sql(r), r.Left)
	}
	d, err := migrate.Verify(t.Context(), url, s, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Missing)+len(d.More) > 0 {
		t.Errorf("the database differs: %q", d)
	}
}

// everything has what Atlas and an empty database may trip over.
func everything() schema.Source {
	return withSQL(`
enum "mood" {
  schema = schema.public
  values = ["happy", "it's", "sad"]
}
table "Weird.Table" {
  schema = schema.public
  column "select" {
    type = bigint
    identity {
      generated = BY_DEFAULT
      start     = 100
      increment = 10
    }
  }
  column "Größe" {
    type    = enum.mood
    default = "it's"
  }
  column "moods" {
    type    = sql("mood[]")
    default = sql("'{sad}'")
  }
  column "serial" { type = serial }
  column "email" { type = sql("citext") }
  column "since" {
    type    = timestamptz
    default = sql("'2026-01-02 03:04:05'")
  }
  column "twice" {
    type = bigint
    as {
      expr = "\"select\" * 2"
      type = STORED
    }
  }
  primary_key { columns = [column.select] }
  check "sane" { expr = "length(email) > 2" }
  index "Weird index" {
    on { expr = "lower(email)" }
  }
}
`, "010_extensions.sql", "CREATE EXTENSION citext;",
		"020_views.sql", `CREATE VIEW sad AS SELECT email, since FROM "Weird.Table" WHERE "Größe" = 'sad';
INSERT INTO "Weird.Table" (email) VALUES ('one');
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
CREATE TRIGGER touch BEFORE UPDATE ON "Weird.Table" FOR EACH ROW EXECUTE FUNCTION touch();
`)
}

func TestScratch(t *testing.T) {
	t.Parallel()
	u := dbtest.Empty(t)
	conn := connect(t, u)
	// What is set for the database alone counts for what SQL means.
	exec(t, conn, `DO $$BEGIN
		EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Tokyo''', current_database());
		EXECUTE format('ALTER DATABASE %I SET datestyle = ''German''', current_database());
	END$$`)
	sameAgain(t, u, everything(), migrate.Options{})
	if n := value[int](t, conn, `SELECT count(*) FROM sad`) + value[int](t, conn, `SELECT count(*) FROM "Weird.Table"`); n != 1 {
		t.Errorf("got %d rows, want the one that the SQL file has put in", n)
	}
}

// A role that may not create databases gives two of its own.
func TestScratchOfOnesOwn(t *testing.T) {
	t.Parallel()
	urls := []string{dbtest.Empty(t), dbtest.Empty(t)}
	exec(t, connect(t, urls[1]), `CREATE ROLE scratch_owner LOGIN PASSWORD 'geheim'; CREATE EXTENSION pg_stat_statements`) // as hosts have it
	for i, u := range urls {
		exec(t, connect(t, u), `DO $$BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO scratch_owner', current_database()); END$$`)
		parsed, err := url.Parse(u)
		if err != nil {
			t.Fatal(err)
		}
		parsed.User = url.UserPassword("scratch_owner", "geheim")
		urls[i] = parsed.String()
	}
	sameAgain(t, urls[0], everything(), migrate.Options{Scratch: urls[1]})
	if n := value[int](t, connect(t, urls[1]), `SELECT count(*) FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'pg_stat%'`); n != 0 {
		t.Errorf("%d things stayed in the scratch database", n)
	}
}

func TestScratchOfOnesOwnIsRefused(t *testing.T) {
	t.Parallel()
	live, full := dbtest.Empty(t), dbtest.Empty(t)
	exec(t, connect(t, full), `CREATE SCHEMA a; CREATE TYPE a.mood AS ENUM ('sad')`)
	for scratch, want := range map[string]string{
		live:        "SCRATCH_DATABASE_URL names the database itself",
		full:        "the database has the enum a.mood: give one that is empty, and stays so",
		"nonsense:": "SCRATCH_DATABASE_URL: the database's URL is malformed",
	} {
		_, err := migrate.Plan(t.Context(), live, schematest.Desired(), migrate.Options{Scratch: scratch})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
}

func TestScratchNamesTheLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		schema schema.Source
		want   string
	}{
		"a syntax error in a file": {
			withSQL(schematest.Table("a", ""), "010_views.sql", "CREATE VIEW v AS SELECT 1;\n\nCREATE VEIW w AS SELECT 2;\n"),
			`schema/sql/010_views.sql:3: syntax error at or near "VEIW"`,
		},
		"a check that PostgreSQL refuses": {
			withSQL(schematest.Table("a", "  check \"wrong\" { expr = \"nothing > 0\" }\n")),
			`column "nothing" does not exist`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := migrate.Plan(t.Context(), dbtest.Empty(t), c.schema, migrate.Options{})
			if _, ok := errors.AsType[*schema.Error](err); !ok || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "schema/") {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// A file that is to run may need rows or roles that an empty database does not have.
func TestScratchWarns(t *testing.T) {
	t.Parallel()
	s := withSQL(schematest.Table("a", ""), "010_grants.sql", "CREATE VIEW v AS SELECT id FROM a;\nGRANT SELECT ON v TO nobody_there;\n")
	r, err := migrate.Plan(t.Context(), dbtest.Empty(t), s, migrate.Options{})
	want := []string{`schema/sql/010_grants.sql:2 may fail: role "nobody_there" does not exist`}
	if err != nil || !slices.Equal(r.Warnings, want) {
		t.Errorf("got %q, %v, want %q", r.Warnings, err, want)
	}
}

// A file that ran is history: what it does not find any more is no fault.
func TestScratchPassesOverHistory(t *testing.T) {
	t.Parallel()
	u := dbtest.Empty(t)
	files := []string{"010_old.sql", "CREATE VIEW v AS SELECT id FROM a;\n", "020_gone.sql", "DROP VIEW v;\n"}
	if _, err := migrate.Apply(t.Context(), u, withSQL(schematest.Table("a", ""), slices.Clone(files)...), migrate.Options{}); err != nil {
		t.Fatal(err)
	}
	sameAgain(t, u, withSQL(schematest.Table("b", ""), slices.Clone(files)...), migrate.Options{Allow: []string{"drop:a"}})
}

// A file that a later one replaces ran where it could; a new database does without.
func TestReplacedFile(t *testing.T) {
	t.Parallel()
	old := []string{"010_notes.sql", "CREATE VIEW notes AS SELECT id, note FROM a;\n"}
	before := withSQL(schematest.Table("a", "  column \"note\" {\n    type = text\n    null = true\n  }\n"), slices.Clone(old)...)
	both := append(slices.Clone(old), "020_notes.sql", "-- +replaces 010_notes.sql\nDROP VIEW IF EXISTS notes;\nCREATE VIEW notes AS SELECT id FROM a;\n")
	after := withSQL(schematest.Table("a", ""), both...)
	grown := dbtest.Empty(t)
	apply(t, grown, before)
	for _, url := range []string{grown, dbtest.Empty(t)} {
		sameAgain(t, url, after, migrate.Options{Allow: []string{"drop:a.note"}})
		if n := value[int](t, connect(t, url), `SELECT count(*) FROM pg_views WHERE viewname = 'notes'`); n != 1 {
			t.Errorf("there are %d views, want 1", n)
		}
	}
}

// An extension that a superuser has made, and the role may not make, is named.
func TestScratchNamesTheExtension(t *testing.T) {
	t.Parallel()
	u := dbtest.Empty(t)
	exec(t, connect(t, u), `CREATE EXTENSION earthdistance CASCADE; CREATE ROLE creates_databases LOGIN CREATEDB PASSWORD 'geheim'`)
	parsed, err := url.Parse(u)
	if err != nil {
		t.Fatal(err)
	}
	parsed.User = url.UserPassword("creates_databases", "geheim")
	s := withSQL(schematest.Table("a", "  column \"at\" { type = sql(\"earth\") }\n"), "010_earth.sql",
		"-- +check to_regtype('earth') IS NOT NULL\nCREATE EXTENSION earthdistance CASCADE;\n")
	_, err = migrate.Plan(t.Context(), parsed.String(), s, migrate.Options{})
	const want = `schema/sql/010_earth.sql:2: it failed in the scratch database, which may be why: permission denied to create extension "earthdistance"`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want it to say %s", err, want)
	}
}

// An enum stays wanted while an SQL file is to run that makes none.
func TestScratchWithAnEnumAndAFileToRun(t *testing.T) {
	t.Parallel()
	s := schematest.Union("enum \"mood\" {\n  schema = schema.public\n  values = [\"ok\"]\n}\n"+schematest.Table("a", "  column \"m\" { type = enum.mood }\n"),
		"schema/sql/001_seen.sql", "CREATE VIEW seen AS SELECT id FROM a;\n")
	url := dbtest.Empty(t)
	apply(t, url, s)
	if r := apply(t, url, s); len(r.Steps) != 0 {
		t.Errorf("the second run did %+v, want nothing", r.Steps)
	}
}
