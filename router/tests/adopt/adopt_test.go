package adopt_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/internal/migrate"
	"switchyard/internal/schema"
	"switchyard/shared/db/dbtest"
)

var (
	real = flag.Bool("adopt", false, "let the real tools make databases")                          //nolint:gochecknoglobals // go test's flags are global
	dump = flag.Bool("dump", false, "keep what they make for the tests of internal/migrate/adopt") //nolint:gochecknoglobals // as above
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestTools adopts what each tool has made: there is nothing to migrate then, and the
// tool's own client goes on using it, before and after.
func TestTools(t *testing.T) {
	t.Parallel()
	if !*real {
		t.Skip("make adopt")
	}
	for _, tool := range []string{"drizzle", "betterauth", "prisma"} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			url := dbtest.Empty(t)
			node(t, "make", tool, url)
			if *dump {
				keep(t, tool, url)
			}
			node(t, "use", tool, url)
			dir := filepath.Join(t.TempDir(), "schema")
			if _, err := migrate.Adopt(t.Context(), url, "", dir, migrate.Options{}); err != nil {
				t.Fatal(err)
			}
			source, err := schema.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				r, err := migrate.Apply(t.Context(), url, source, migrate.Options{})
				if err != nil || len(r.Steps) > 0 {
					t.Fatalf("%v: there is something to do: %+v", err, r.Steps)
				}
			}
			node(t, "use", tool, url)
		})
	}
}

// TestBetterAuthServer migrates a database of Better Auth with plugins to what this program
// needs beside: Better Auth's own server goes on with it.
func TestBetterAuthServer(t *testing.T) {
	t.Parallel()
	if !*real {
		t.Skip("make adopt")
	}
	url := dbtest.Empty(t)
	node(t, "make", "betterauth", url)
	services := servicesOf(dbtest.Schema(t))
	dir := filepath.Join(t.TempDir(), "schema")
	if _, err := migrate.Adopt(t.Context(), url, services, dir, migrate.Options{}); err != nil {
		t.Fatal(err)
	}
	own, err := schema.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	whole := schema.Join(append(services.Files(), own.Files()...))
	if _, err := migrate.Apply(t.Context(), url, whole, migrate.Options{}); err != nil {
		t.Fatal(err)
	}
	node(t, "use", "betterauth", url)
}

// servicesOf returns the files of s without the project's own.
func servicesOf(s schema.Source) schema.Source {
	var files []schema.File
	for _, f := range s.Files() {
		if !strings.HasPrefix(f.Name, "schema/") {
			files = append(files, f)
		}
	}
	return schema.Join(files)
}

// node runs what run.mjs says.
func node(t *testing.T, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "node", append([]string{"run.mjs"}, args...)...) //nolint:gosec // the test's own words
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("node %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// keep writes what the tool has made into the testdata of internal/migrate/adopt.
func keep(t *testing.T, tool, url string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "pg_dump", "--schema-only", "--no-owner", "--no-privileges", url).Output() //nolint:gosec // the test's own URL
	if err != nil {
		t.Fatal(err)
	}
	text := "-- What " + node(t, "tool", tool) + " has made, as pg_dump writes it: make adopt DUMP=-dump\n"
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "--") && !strings.HasPrefix(line, `\`) && !strings.HasPrefix(line, "SET ") && !strings.HasPrefix(line, "SELECT ") && (line != "\n" || !strings.HasSuffix(text, "\n\n")) {
			text += line
		}
	}
	if err := os.WriteFile("../../../internal/migrate/adopt/testdata/"+tool+".sql", []byte(text), 0o644); err != nil { //nolint:gosec // source code
		t.Fatal(err)
	}
}
