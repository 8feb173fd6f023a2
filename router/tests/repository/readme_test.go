package repository_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/await"
	"switchyard/internal/project"
	"switchyard/router/internal/generate"
	"switchyard/router/internal/routertest"
)

// TestFirstFunction does what a newcomer is told: it adds the function that stands in the
// README and the page in docs/functions.md, generates, builds as a release, and calls both.
func TestFirstFunction(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds a program and runs that, in which the race detector sees nothing")
	}
	root := routertest.Copy(t)
	addFunction(t, root, "api/hello", shown(t, "README.md", "```go\n(// Package hello .*?)```"))
	addFunction(t, root, "pages/welcome", shown(t, "docs/functions.md", "```go\n(// Package welcome .*?)```"))
	template := shown(t, "docs/functions.md", "```templ\n(package welcome\n.*?)```")
	if err := os.WriteFile(filepath.Join(root, "functions/pages/welcome/welcome.templ"), []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	addFunction(t, root, "api/says", saysEndpoint)
	addFunction(t, root, "jobs/says", saysJob)
	binary := filepath.Join(t.TempDir(), "router")
	routertest.Go(t, root, "generate", "./router")
	testLinked(t, routertest.Go(t, root, "build", "-tags", generate.ReleaseTags, "-ldflags=-dumpdep", "-o", binary, "./router"))

	r, _ := routertest.StartProcess(t, binary, routertest.Environment(t, ""))
	var greeting string
	if status := r.Call(http.MethodGet, "/api/hello", nil, &greeting); status != http.StatusOK || greeting != "Hello." {
		t.Errorf("got %d %q", status, greeting)
	}
	var document struct{ Paths map[string]any }
	r.Call(http.MethodGet, "/openapi.json", nil, &document)
	if document.Paths["/api/hello"] == nil {
		t.Error("it is not in the OpenAPI document")
	}
	list, err := exec.CommandContext(t.Context(), binary, "functions").Output()
	if err != nil || !strings.Contains(string(list), "api/hello ") {
		t.Errorf("it is not listed: %v\n%s", err, list)
	}
	said, err := exec.CommandContext(t.Context(), binary, "dev", "--port", "0").CombinedOutput()
	if err == nil || !strings.Contains(string(said), "go run ./router dev") {
		t.Errorf("dev of a release does not say where it is: %v\n%s", err, said)
	}
	testWelcome(t, r)
	testSays(t, r)
	testInit(t, binary)
}

// testInit has no package of ours make at start, for whatever verb, what that may not need.
func testInit(t *testing.T, binary string) {
	t.Helper()
	const most = 16 << 10 // bytes, of one package
	cmd := exec.CommandContext(t.Context(), binary, "version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	all := regexp.MustCompile(`(?m)^init (switchyard/\S+) .* (\d+) bytes`).FindAllSubmatch(out, -1)
	if err != nil || len(all) == 0 {
		t.Errorf("it does not say what it initialises: %v\n%s", err, out)
	}
	for _, m := range all {
		if n, err := strconv.Atoi(string(m[2])); err != nil || n > most {
			t.Errorf("%s allocates %d bytes when any router starts, most are %d: make it when it is needed, see package lazy", m[1], n, most)
		}
	}
}

// shown returns what a page of the documentation shows: the one group of the pattern.
func shown(t *testing.T, page, pattern string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(routertest.Root(t), filepath.FromSlash(page)))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)" + pattern).FindSubmatch(text)
	if found == nil {
		t.Fatalf("%s shows nothing like %s", page, pattern)
	}
	return string(found[1])
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
	slog.Info("somebody says")
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
func testSays(t *testing.T, r *routertest.Router) {
	t.Helper()
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	send := func(method, path, body string) {
		r.Ask(method, path, body, "X-Request-Id: r-says", "Traceparent: 00-"+trace+"-00f067aa0ba902b7-01", "Content-Type: application/json")
	}
	send("GET", "/api/says", "")
	send("POST", "/api/inngest?fnId="+project.Name()+"-jobs-says&stepId=step",
		`{"ctx":{"attempt":0,"run_id":"01"},"event":{"name":"test/says","data":{}},"events":[{"name":"test/says","data":{}}],"steps":{}}`)
	for msg, want := range map[string]map[string]any{
		"an endpoint says": {"n": 1.0, "function": "api/says", "requestId": "r-says", "traceId": trace},
		"a step says":      {"function": "jobs/says", "run": "01", "requestId": "r-says", "traceId": trace},
		"somebody says":    {},
	} {
		var got map[string]any
		await.That(t, msg, func() bool {
			for line := range strings.Lines(r.Log.String()) {
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
	if strings.Contains(r.Log.String(), "below LOG_LEVEL") {
		t.Error("LOG_LEVEL does not count")
	}
}

// testWelcome sends the form of the page in docs/functions.md.
func testWelcome(t *testing.T, r *routertest.Router) {
	t.Helper()
	for form, want := range map[string]string{"name=Ada+%3CB%3E": "Hello, Ada &lt;B&gt;.", "name=": "Say a name."} {
		response := r.Ask(http.MethodPost, "/welcome", form, "Content-Type: application/x-www-form-urlencoded")
		html, err := io.ReadAll(response.Body)
		if err != nil || !strings.Contains(string(html), want) {
			t.Errorf("%s: got %v, %s and no %q in\n%s", form, err, response.Status, want, html)
		}
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
