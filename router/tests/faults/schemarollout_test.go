package faults_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// safeChanges are of the table outbox, which the release that runs writes and reads: a name,
// and the HCL that each release adds to that of the one before.
func safeChanges() [][2]string {
	return [][2]string{
		{"a nullable column", "  column \"extra\" {\n    type = text\n    null = true\n  }\n"},
		{"a column with a default", "  column \"stock\" {\n    type    = int\n    default = 5\n  }\n"},
		{"a volatile default", "  column \"token\" {\n    type    = uuid\n    default = sql(\"gen_random_uuid()\")\n  }\n"},
		{"an index", "  index \"outbox_extra\" {\n    columns = [column.created_at]\n  }\n"},
		{"a check", "  check \"outbox_attempts\" {\n    expr = \"attempts >= 0\"\n  }\n"},
	}
}

// refusedChanges are what the release that runs could not go on with: a name, what stands
// in the file, and what in its place.
func refusedChanges() [][3]string {
	const schema, column = "  schema = schema.public\n", "  column \"last_error\" {\n"
	return [][3]string{
		{"a column without a value", schema, schema + "  column \"more\" {\n    type = int\n  }\n"},
		{"a column that goes", column, "  column \"other\" {\n"},
		{"a column with another name", column, "  column \"other\" {\n    renamed_from = \"last_error\"\n"},
	}
}

// TestSchemaOfNextRelease migrates to the schemas of next releases while one runs, under
// load, and back. None of its requests fails.
func TestSchemaOfNextRelease(t *testing.T) {
	t.Parallel()
	r := start(t, kind{memory: true})
	l := r.startLoad(0)
	next := r.nextSchema()
	for _, c := range safeChanges() {
		const schema = "  schema = schema.public\n"
		next = inOutbox(t, next, schema, schema+c[1])
		r.takes(c[0], next)
		r.routers[0].run("migrate") // as a deployment that rolls back does
		r.goesOn(c[0] + ", rolled back")
		r.takes(c[0]+", once more", next)
	}
	const attempts = "  column \"attempts\" {\n    type    = "
	next = inOutbox(t, next, attempts+"integer\n", attempts+"bigint\n")
	r.takes("a wider type of a small table", next)
	for _, c := range refusedChanges() {
		out, err := r.migrateTo(inOutbox(t, next, c[1], c[2]))
		if err == nil || !strings.Contains(out, "nothing was changed") {
			t.Errorf("%s: %v, want a refusal\n%s", c[0], err, out)
		}
		r.goesOn(c[0])
	}
	l.endsWell()
}

// goesOn lets the load work on, and wants the release that runs to be ready.
func (r *rig) goesOn(after string) {
	r.t.Helper()
	time.Sleep(size.load / 4)
	until(r.t, "the release that runs is ready after "+after, func() bool { return answers(r.url + "/readyz") })
}

// takes migrates to a schema.
func (r *rig) takes(what, schema string) {
	r.t.Helper()
	if out, err := r.migrateTo(schema); err != nil {
		r.t.Errorf("%s: %v\n%s", what, err, out)
	}
	r.goesOn(what)
}

// nextSchema is the schema of the release that runs, for the next one to change.
func (r *rig) nextSchema() string {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(router.base), "router", "catalog", "schema_gen.hcl"))
	must(r.t, err)
	return string(text)
}

// inOutbox has is in place of was in the table outbox of a schema.
func inOutbox(t *testing.T, schema, was, is string) string {
	t.Helper()
	const begin = "table \"outbox\" {\n"
	before, outbox, ok := strings.Cut(schema, begin)
	if !ok || !strings.Contains(outbox, was) {
		t.Fatalf("the table outbox has no %q", was)
	}
	return before + begin + strings.Replace(outbox, was, is, 1)
}

// migrateTo migrates to a schema as another release.
func (r *rig) migrateTo(schema string) (out string, err error) {
	r.t.Helper()
	dir := r.t.TempDir()
	must(r.t, os.WriteFile(filepath.Join(dir, "schema.hcl"), []byte(schema), 0o600))
	cmd := exec.Command(router.base, "migrate", "--schema", dir)
	cmd.Env = append(slices.Clone(r.routers[0].env), "RAILWAY_DEPLOYMENT_ID=2")
	all, err := cmd.CombinedOutput()
	return string(all), err
}
