package generate_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"switchyard/router/internal/generate"
	"switchyard/router/internal/generate/expression"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata") //nolint:gochecknoglobals // a flag

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // each test leaves a module's types behind: a fifth of the time went into collecting them
	// The compiler's output then does not depend on the temporary folder it works
	// in, and the go command takes it from its cache: also what it compiled for a package.
	err := errors.Join(os.Setenv("GOFLAGS", strings.TrimSpace(os.Getenv("GOFLAGS")+" -trimpath")), os.Setenv("CGO_ENABLED", "0"))
	if err != nil {
		panic(err)
	}
	// What the program remembers is put into folders of the tests, but not what Go does.
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err := errors.Join(err, os.Setenv("GOCACHE", strings.TrimSpace(string(cache)))); err != nil {
		panic(err)
	}
	if programDir, err = os.MkdirTemp("", "catalog-*"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(programDir)
	os.Exit(code)
}

// modulePath is another than our own, so that nothing can depend on that.
const modulePath = "example.com/yard"

// contract returns the packages of shared/ that every function links.
func contract() []string {
	return []string{"shared/fn", "shared/fault", "shared/config", "internal/origin", "internal/clientip", "internal/project", "internal/event", "internal/lazy", "internal/names"}
}

// newModule makes a module of our own contract, testdata/base.txtar and files.
func newModule(t *testing.T, files ...map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	write(t, root, "go.mod", "module "+modulePath+" // a comment\n\ngo 1.26\n")
	// The packages of this module that the catalog builds on.
	for _, dir := range append(contract(), "router/internal/service", "router/internal/function") {
		names, err := filepath.Glob(filepath.Join("../../..", dir, "*.go"))
		if err != nil || len(names) == 0 {
			t.Fatalf("no package %s: %v", dir, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text := strings.ReplaceAll(read(t, name), `"switchyard/`, `"`+modulePath+`/`)
			write(t, root, filepath.Join(dir, filepath.Base(name)), text)
		}
	}
	for _, files := range append([]map[string]string{archive(t, "testdata/base.txtar")}, files...) {
		for name, text := range files {
			write(t, root, name, text)
		}
	}
	return root
}

// generated generates in the module in root.
func generated(t *testing.T, root string) {
	t.Helper()
	if _, err := generate.Write(t.Context(), root, expression.Judge); err != nil {
		t.Fatal(err)
	}
}

// archive reads files that are kept in one, each below a line "-- name --".
func archive(t *testing.T, name string) map[string]string {
	t.Helper()
	files := map[string]string{}
	parts := regexp.MustCompile(`(?m)^-- (.+) --\n`).FindAllStringSubmatchIndex(read(t, name), -1)
	text := read(t, name)
	for i, p := range parts {
		end := len(text)
		if i+1 < len(parts) {
			end = parts[i+1][0]
		}
		files[text[p[2]:p[3]]] = text[p[1]:end]
	}
	if len(files) == 0 {
		t.Fatalf("%s has no files", name)
	}
	return files
}

// want is a problem that a line of a file says it has.
type want struct {
	file    string
	line    int
	message *regexp.Regexp
}

var (
	wantComment = regexp.MustCompile("// want (.+)$")
	wantText    = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`")
)

// wants finds the comments `// want "regexp" …` of files.
func wants(t *testing.T, files map[string]string) []want {
	t.Helper()
	var all []want
	for name, text := range files {
		for i, line := range strings.Split(text, "\n") {
			comment := wantComment.FindStringSubmatch(line)
			if comment == nil {
				continue
			}
			for _, quoted := range wantText.FindAllString(comment[1], -1) {
				text, err := strconv.Unquote(quoted)
				if err != nil {
					t.Fatalf("%s:%d: %v", name, i+1, err)
				}
				all = append(all, want{name, i + 1, regexp.MustCompile("(?s)" + text)})
			}
		}
	}
	return all
}

// vet runs go vet on packages of the module in root; not with -short: the race detector, which
// takes its time, sees nothing in another program.
func vet(t *testing.T, root string, packages ...string) {
	t.Helper()
	if testing.Short() {
		return
	}
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"vet"}, packages...)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go vet: %v\n%s", err, out)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
