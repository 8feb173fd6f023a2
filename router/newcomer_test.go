package main

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFirstFunction does what the README tells a newcomer: it adds the function
// that stands there, generates, builds, and calls it.
func TestFirstFunction(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source := regexp.MustCompile("(?s)```go\n(// Package hello .*?)```").FindSubmatch(readme)
	if source == nil {
		t.Fatal("the README shows no package hello")
	}
	root := copyModule(t)
	addFunction(t, root, "api/hello", string(source[1]))
	addFunction(t, root, "api/says", saysEndpoint)
	addFunction(t, root, "jobs/says", saysJob)
	binary := filepath.Join(t.TempDir(), "router")
	goIn(t, root, "generate", "./router/catalog")
	goIn(t, root, "build", "-o", binary, "./router")

	d, _ := startProcess(t, binary, environment(t, ""))
	var greeting string
	if status := d.call(http.MethodGet, "/api/hello", nil, &greeting); status != http.StatusOK || greeting != "Hello." {
		t.Errorf("got %d %q", status, greeting)
	}
	var document struct{ Paths map[string]any }
	d.call(http.MethodGet, "/openapi.json", nil, &document)
	if document.Paths["/api/hello"] == nil {
		t.Error("it is not in the OpenAPI document")
	}
	list, err := exec.CommandContext(t.Context(), binary, "functions").Output()
	if err != nil || !strings.Contains(string(list), "api/hello ") {
		t.Errorf("it is not listed: %v\n%s", err, list)
	}
	testSays(t, d)
}

// Functions that log, as docs/functions.md says.
const (
	saysEndpoint = `// Package says logs.
package says

import (
	"context"
	"log/slog"

	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{Route: "GET /api/says", Access: fn.Public}

type Function struct{}

func (Function) Handle(ctx context.Context, _ *struct{}) (*struct{}, error) {
	slog.InfoContext(ctx, "an endpoint says", slog.Int("n", 1))
	slog.DebugContext(ctx, "this is below LOG_LEVEL")
	go slog.Info("somebody says")
	return nil, nil
}
`
	saysJob = `// Package says logs in a step.
package says

import (
	"context"
	"log/slog"

	"github.com/inngest/inngestgo/step"

	"switchyard/shared/fn"
)

var Spec = fn.Job{Events: []string{"test/says"}}

type Function struct{}

type Input struct{}

func (Function) Handle(ctx context.Context, _ *Input) (*Input, error) {
	_, err := step.Run(ctx, "say", func(ctx context.Context) (int, error) {
		slog.InfoContext(ctx, "a step says")
		return 1, nil
	})
	return nil, err
}
`
)

// testSays calls the functions that log, the job as Inngest does.
func testSays(t *testing.T, d *desk) {
	t.Helper()
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	send := func(method, path, body string) {
		r, err := http.NewRequestWithContext(t.Context(), method, d.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Request-Id", "r-says")
		r.Header.Set("Traceparent", "00-"+trace+"-00f067aa0ba902b7-01")
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	send("GET", "/api/says", "")
	send("POST", "/api/inngest?fnId=switchyard-jobs-says&stepId=step",
		`{"ctx":{"attempt":0,"run_id":"01"},"event":{"name":"test/says","data":{}},"events":[{"name":"test/says","data":{}}],"steps":{}}`)
	for msg, want := range map[string]map[string]any{
		"an endpoint says": {"n": 1.0, "function": "api/says", "requestId": "r-says", "traceId": trace},
		"a step says":      {"function": "jobs/says", "run": "01", "requestId": "r-says", "traceId": trace},
		"somebody says":    {},
	} {
		var got map[string]any
		eventually(t, msg, func() bool {
			for line := range strings.Lines(d.log.String()) {
				if json.Unmarshal([]byte(line), &got) == nil && got["msg"] == msg {
					return true
				}
				got = nil
			}
			return false
		})
		for _, name := range []string{"msg", "time", "level"} {
			delete(got, name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", msg, diff)
		}
	}
	if strings.Contains(d.log.String(), "below LOG_LEVEL") {
		t.Error("LOG_LEVEL does not count")
	}
}

// addFunction writes a function into a project.
func addFunction(t *testing.T, root, name, source string) {
	t.Helper()
	folder := filepath.Join(root, "functions", filepath.FromSlash(name))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, filepath.Base(folder)+".go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
}

// copyModule copies the repository's source into a folder of its own.
func copyModule(t *testing.T) string {
	t.Helper()
	root, from := t.TempDir(), os.DirFS("..")
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "bin"):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(root, name), 0o700)
		case !d.Type().IsRegular():
			return nil
		}
		b, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(root, name), b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// goIn runs the go command in a folder.
func goIn(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
