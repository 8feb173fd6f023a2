package project_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// framework is the path under which the tests publish a copy of this repository: one
// whose first word has no dot goes through no proxy.
const framework = "example.com/sw"

// renamed is this repository under the path framework, made once for all tests.
var renamed struct { //nolint:gochecknoglobals // to make it takes as long as some tests
	once sync.Once
	dir  string // "" if it could not be made
}

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(renamed.dir)
	os.Exit(code)
}

// copyRepository puts the files of this repository that Git has or would add into dir,
// under the path framework. What of them a program needs has been compiled, with unmoved.
func copyRepository(t *testing.T, dir string) {
	t.Helper()
	renamed.once.Do(func() {
		made, err := os.MkdirTemp("", "switchyard-renamed-")
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if renamed.dir == "" {
				_ = os.RemoveAll(made)
			}
		}()
		rename(t, made)
		output(t, made, append(os.Environ(), unmoved()...), "go", "build", "./router/...")
		renamed.dir = made
	})
	if renamed.dir == "" {
		t.Fatal("the repository was not renamed: another test says why")
	}
	if err := os.CopyFS(dir, os.DirFS(renamed.dir)); err != nil {
		t.Fatal(err)
	}
}

// unmoved lets what is compiled depend on no path, and be what packages contain, so that it is
// compiled once for all copies.
func unmoved() []string { return []string{"GOFLAGS=-buildvcs=false -trimpath", "CGO_ENABLED=0"} }

// rename copies the files and gives them the path.
func rename(t *testing.T, dir string) {
	t.Helper()
	root := strings.TrimSpace(output(t, ".", nil, "go", "list", "-m", "-f", "{{.Dir}}"))
	list := output(t, root, nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	for name := range strings.SplitSeq(strings.TrimSuffix(list, "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) { // deleted, and Git not told
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), text)
	}
	output(t, dir, nil, "git", "init", "-q")
	if own(t) != framework {
		output(t, dir, nil, "make", "module", "MODULE="+framework)
	}
}

// own returns the path of this repository's module.
func own(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(output(t, ".", nil, "go", "list", "-m"))
}

// publish puts what is in dir into the proxy, as that version of the framework: without
// the folders that have a go.mod of their own.
func publish(t *testing.T, proxy, dir, version string) {
	t.Helper()
	escaped, err := module.EscapePath(framework)
	if err != nil {
		t.Fatal(err)
	}
	versions := filepath.Join(proxy, escaped, "@v")
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(versions, version+".mod"), mod)
	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{version, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(versions, version+".info"), info)
	file, err := os.Create(filepath.Join(versions, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if err := zip.CreateFromDir(file, module.Version{Path: framework, Version: version}, dir); err != nil {
		t.Fatal(err)
	}
	list, err := os.OpenFile(filepath.Join(versions, "list"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = list.Close() }()
	if _, err := fmt.Fprintln(list, version); err != nil {
		t.Fatal(err)
	}
}

// environment returns what the go command needs to get the framework from the proxy
// alone, and into a module cache of its own, which is empty. All other modules come from
// what this machine has downloaded before, if it has.
func environment(t *testing.T, proxy string) []string {
	t.Helper()
	cache := t.TempDir()
	t.Cleanup(func() { // it is read-only
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "go", "clean", "-modcache")
		cmd.Env = append(os.Environ(), "GOMODCACHE="+cache, "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("remove the module cache: %v\n%s", err, out)
		}
	})
	var known struct{ GOMODCACHE, GOPROXY string }
	if err := json.Unmarshal([]byte(output(t, ".", nil, "go", "env", "-json", "GOMODCACHE", "GOPROXY")), &known); err != nil {
		t.Fatal(err)
	}
	downloads := filepath.Join(known.GOMODCACHE, "cache", "download")
	return append(append(os.Environ(), unmoved()...),
		"GOMODCACHE="+cache,
		"GOPROXY="+strings.Join([]string{"file://" + proxy, "file://" + downloads, known.GOPROXY}, ","),
		"GOSUMDB=off", // what comes from files is not in question here
		"GOWORK=off",
	)
}

// output runs the command in dir and returns what it prints.
func output(t *testing.T, dir string, environ []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, environ
	var errOut strings.Builder
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, errOut.String())
	}
	return string(out)
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
