package migrate_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/migrate"
	"switchyard/internal/schema"
	"switchyard/internal/schema/schematest"
	"switchyard/shared/db/dbtest"
)

func TestPlanNamesTheFileOfEachTable(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	files := func(r migrate.Result) map[string]string {
		all := map[string]string{}
		for _, s := range r.Steps {
			first, _, _ := strings.Cut(s.SQL, " (")
			all[first] = s.File
		}
		return all
	}
	const album = "shared/album/schema.hcl"
	if diff := cmp.Diff(map[string]string{
		`CREATE TABLE "public"."note"`:                                          "schema/schema.hcl",
		`CREATE TABLE "public"."letter"`:                                        "shared/letters/schema.hcl",
		`CREATE TABLE "public"."picture"`:                                       album,
		`CREATE INDEX picture_uploading ON public.picture USING btree`:          album,
		`ALTER TABLE "public"."note" ADD CONSTRAINT "note_picture" FOREIGN KEY`: "schema/schema.hcl",
	}, files(apply(t, url, schematest.Desired()))); diff != "" {
		t.Error(diff)
	}
	exec(t, connect(t, url), `ALTER TABLE picture DROP reason; DROP INDEX picture_uploading; CREATE TABLE todo (id int)`)
	r, err := migrate.Plan(t.Context(), url, schematest.Desired(), migrate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{
		`ALTER TABLE "public"."picture" ADD COLUMN "reason" text NOT NULL DEFAULT ''::text`: album,
		`CREATE INDEX "picture_uploading" ON public.picture USING btree`:                    album,
		`DROP TABLE "public"."todo"`: "",
	}, files(r)); diff != "" {
		t.Error(diff)
	}
}

// An SQL expression that PostgreSQL does not take is in some table of some file.
func TestExpressionThatPostgreSQLRefuses(t *testing.T) {
	t.Parallel()
	s := schematest.Union("", "shared/a/schema.hcl", schematest.Table("a", ""), "shared/b/schema.hcl", "\n"+schematest.Table("b", "  check \"b\" {\n    expr = \"colour = 1\"\n  }\n"))
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	_, err := migrate.Plan(t.Context(), dbtest.Empty(t), s, migrate.Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "shared/b/schema.hcl:2: ") || !strings.Contains(err.Error(), "colour") {
		t.Errorf("got %v, want an error that names the table's file and line", err)
	}
}

// A database that was migrated by one file is in step with the same tables in several.
func TestOneFileBecomesSeveral(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	conn := connect(t, url)
	if r := apply(t, url, schematest.Single(schematest.Desired())); len(r.Steps) == 0 || r.Steps[0].File != "schema.hcl" {
		t.Errorf("got %+v, want statements of schema.hcl", r.Steps)
	}
	exec(t, conn, `INSERT INTO letter VALUES (1)`)
	if r := apply(t, url, schematest.Desired()); len(r.Steps) != 0 {
		t.Errorf("got %+v, want nothing to be done", r.Steps)
	}
	last := value[string](t, conn, `SELECT digest FROM switchyard_internal.migration ORDER BY id DESC LIMIT 1`)
	if last != schematest.Desired().Digest() || value[int](t, conn, `SELECT count(*) FROM switchyard_internal.migration`) != 2 {
		t.Error("the new schema's digest is not recorded, so that nothing would ever be ready")
	}
	if n := value[int](t, conn, `SELECT count(*) FROM letter`); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

// What a service kept stays until somebody says what shall become of it.
func TestServiceThatIsNeededNoMore(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	apply(t, url, schematest.Desired())
	files := schematest.Desired().Files()
	without := schema.Join(files[:2])
	_, err := migrate.Apply(t.Context(), url, without, migrate.Options{})
	refused, ok := errors.AsType[*migrate.RefusedError](err)
	if !ok || !strings.Contains(err.Error(), "a service that no function needs any more") {
		t.Fatalf("got %v, want a refusal that says why", err)
	}
	if diff := cmp.Diff([]string{"drop:letter"}, consents(refused.Steps)); diff != "" {
		t.Error(diff)
	}
	files[0].Text += files[2].Text // as the refusal says
	if r := apply(t, url, schema.Join(files[:2])); len(r.Steps) != 0 {
		t.Errorf("got %+v, want nothing to be done", r.Steps)
	}
	exec(t, connect(t, url), `DROP TABLE letter`) // as it also says
	if r := apply(t, url, without); len(r.Steps) != 0 {
		t.Errorf("got %+v, want nothing to be done", r.Steps)
	}
}

// The tables of the framework as a project has had them: they are adopted, and only
// grow. Indexes and rules may be exchanged.
func TestOlderProjectIsAdopted(t *testing.T) {
	t.Parallel()
	before, err := os.ReadFile("testdata/single.hcl")
	if err != nil {
		t.Fatal(err)
	}
	files := []schema.File{{Name: "schema/schema.hcl", Text: "schema \"public\" {}\n"}}
	for _, dir := range []string{"auth/apikey", "auth/betterauth", "events", "mail"} {
		name := "shared/" + dir + "/schema.hcl"
		hcl, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, schema.File{Name: name, Text: string(hcl)})
	}
	url := dbtest.Empty(t)
	apply(t, url, schema.Source(before))
	// The router of that time did not keep what it had made.
	exec(t, connect(t, url), `DROP TABLE switchyard_internal.expected`)
	r := apply(t, url, schema.Join(files)) // fails if something would be lost
	for _, s := range sql(r) {
		if strings.Contains(s, "DROP TABLE") || strings.Contains(s, "DROP COLUMN") {
			t.Errorf("within a major version tables only grow, but: %s", s)
		}
	}
	last := value[string](t, connect(t, url), `SELECT digest FROM switchyard_internal.migration ORDER BY id DESC LIMIT 1`)
	if last != schema.Join(files).Digest() {
		t.Error("the new schema's digest is not recorded")
	}
}

// A rule that is written anew is made anew.
func TestCheckThatChanged(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	rule := func(expr string) schema.Source {
		return schematest.Union(schematest.Table("a", "  check \"a\" {\n    expr = \""+expr+"\"\n  }\n"))
	}
	apply(t, url, rule("id > 0"))
	if r := apply(t, url, rule("id > 1")); len(r.Steps) == 0 {
		t.Error("nothing was done")
	}
	if r := apply(t, url, rule("id > 1")); len(r.Steps) != 0 {
		t.Errorf("then again: %+v", r.Steps)
	}
}
