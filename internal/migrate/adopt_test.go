package migrate_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/migrate"
	"switchyard/internal/schema"
	"switchyard/internal/schema/schematest"
	"switchyard/shared/db/dbtest"
)

// betterAuth returns the URL of a database that Better Auth itself has made.
func betterAuth(t *testing.T) string {
	t.Helper()
	sql, err := os.ReadFile("testdata/betterauth.sql")
	if err != nil {
		t.Fatal(err)
	}
	url := dbtest.Empty(t)
	exec(t, connect(t, url), string(sql))
	return url
}

// betterAuthSchema is a schema with Better Auth's tables, and one more.
func betterAuthSchema(t *testing.T) schema.Source {
	t.Helper()
	const name = "shared/auth/betterauth/schema.hcl"
	hcl, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return schematest.Union(schematest.Table("note", ""), name, string(hcl))
}

// authRows returns the rows of Better Auth's tables as JSON, by table.
func authRows(t *testing.T, conn *pgx.Conn) map[string]string {
	t.Helper()
	rows := map[string]string{}
	for _, table := range []string{"user", "session", "account", "verification", "rateLimit"} {
		rows[table] = value[string](t, conn, `SELECT json_agg(r ORDER BY r.id)::text FROM `+pgx.Identifier{table}.Sanitize()+` r`)
	}
	return rows
}

// TestBetterAuthIsAdopted migrates a database that Better Auth itself has made: its
// tables stay as they are, so that its Node server can go on using them.
func TestBetterAuthIsAdopted(t *testing.T) {
	t.Parallel()
	url := betterAuth(t)
	conn := connect(t, url)
	before := authRows(t, conn)
	planned := apply(t, url, betterAuthSchema(t))
	if len(planned.Steps) == 0 {
		t.Fatal("nothing was done, want the other tables to be made")
	}
	for _, s := range sql(planned) {
		about := strings.ReplaceAll(s, `REFERENCES "public".`, "REFERENCES ")
		for table := range before {
			if strings.Contains(about, `"public"."`+table+`"`) {
				t.Errorf("it changes the table %s: %s", table, s)
			}
		}
	}
	if diff := cmp.Diff(before, authRows(t, conn)); diff != "" {
		t.Errorf("rows were changed: %s", diff)
	}
	if again := apply(t, url, betterAuthSchema(t)); len(again.Steps) != 0 {
		t.Errorf("the second run did %+v, want nothing", again.Steps)
	}
}

// TestColumnsOfPlugins migrates a database of a Better Auth with plugins, or of another
// version: the refusal says what becomes of the users.
func TestColumnsOfPlugins(t *testing.T) {
	t.Parallel()
	for column, hint := range map[string]string{
		`"user" ADD "twoFactorEnabled" boolean`: "refused sign-in",
		`"user" ADD banned boolean`:             "refused sign-in",
		`account ADD issuer text`:               "filled in here",
		`"user" ADD role text`:                  "",
	} {
		url := betterAuth(t)
		exec(t, connect(t, url), `ALTER TABLE `+column)
		_, err := migrate.Apply(t.Context(), url, betterAuthSchema(t), migrate.Options{})
		if _, ok := errors.AsType[*migrate.RefusedError](err); !ok {
			t.Fatalf("%s: got %v, want a refusal", column, err)
		}
		if hint == "" && strings.Contains(err.Error(), "Better Auth") || !strings.Contains(err.Error(), hint) {
			t.Errorf("%s: %v", column, err)
		}
	}
}

// TestTablesOfAnotherProgram migrates a database in which more than Better Auth's
// tables are, and does what the refusal says.
func TestTablesOfAnotherProgram(t *testing.T) {
	t.Parallel()
	url := betterAuth(t)
	conn := connect(t, url)
	exec(t, conn, `CREATE TABLE todo (id int PRIMARY KEY, owner text NOT NULL REFERENCES "user" ON DELETE CASCADE);
		INSERT INTO todo SELECT 1, id FROM "user" LIMIT 1;
		ALTER TABLE "user" ADD role text`)
	_, err := migrate.Apply(t.Context(), url, betterAuthSchema(t), migrate.Options{})
	var refused *migrate.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "SET SCHEMA") || !strings.Contains(err.Error(), "another program") {
		t.Fatalf("got %v, want a refusal that says how to keep a table", err)
	}
	if diff := cmp.Diff([]string{"drop:todo", "drop:todo", "drop:user.role"}, consents(refused.Steps), cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Error(diff)
	}
	exec(t, conn, `CREATE SCHEMA other; ALTER TABLE todo SET SCHEMA other; ALTER TABLE "user" DROP role`)
	apply(t, url, betterAuthSchema(t))
	if n := value[int](t, conn, `SELECT count(*) FROM other.todo JOIN "user" u ON u.id = owner`); n != 1 {
		t.Errorf("%d rows of the moved table are left, want 1", n)
	}
}

// A project may add to the tables of a service, which it cannot change: here the columns
// that plugins of Better Auth have made.
func TestColumnsOfPluginsAreKept(t *testing.T) {
	t.Parallel()
	url := betterAuth(t)
	exec(t, connect(t, url), `ALTER TABLE "user" ADD banned boolean`)
	files := betterAuthSchema(t).Files()
	files[0].Text += "table \"user\" {\n  column \"banned\" {\n    type = boolean\n    null = true\n  }\n}\n"
	for _, s := range sql(apply(t, url, schema.Join(files))) {
		if strings.Contains(s, "banned") {
			t.Errorf("it changes the column: %s", s)
		}
	}
}
