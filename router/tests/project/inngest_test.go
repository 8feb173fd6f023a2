package project_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/internal/await"
	"switchyard/internal/stack"
)

// napping is a project with a job that sleeps between two steps, and the file that gets
// a line for each step.
type napping struct {
	t   *testing.T
	dir string
	env []string
}

func newNapping(t *testing.T, env ...string) *napping {
	t.Helper()
	if testing.Short() {
		t.Skip("it runs other programs for minutes, in which the race detector sees nothing")
	}
	n := &napping{t: t, dir: t.TempDir(), env: slices.Concat(os.Environ(), unmoved(), []string{"GOWORK=off"}, env)}
	copyRepository(t, n.dir)
	source := "testdata/naps"
	err := filepath.WalkDir(source, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil {
			moved := strings.ReplaceAll(string(text), `"`+own(t)+"/", `"`+framework+"/")
			write(t, filepath.Join(n.dir, strings.TrimPrefix(path, source)), []byte(moved))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	output(t, n.dir, n.env, "go", "generate", "./router")
	return n
}

// nap publishes the event for a run that sleeps for so long, and returns what tells which steps
// have run, a word for each.
func (n *napping) nap(s *site, sleep time.Duration) (steps func() string) {
	n.t.Helper()
	file := filepath.Join(n.t.TempDir(), "steps")
	s.want(http.StatusNoContent, http.MethodPost, "/api/naps", fmt.Sprintf(`{"file":%q,"seconds":%d}`, file, int(sleep.Seconds())))
	return func() string {
		text, _ := os.ReadFile(file)
		return strings.Join(strings.Fields(string(text)), " ")
	}
}

// until waits until the steps are those, and fails the test if they do not come to be so.
func until(t *testing.T, steps func() string, want string) {
	t.Helper()
	began := time.Now()
	for steps() != want {
		if time.Since(began) > await.Patience {
			t.Fatalf("the steps that have run: %q, want %q", steps(), want)
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("%q after %s", want, time.Since(began))
}

// begins waits until the first step has run, and perhaps the other.
func begins(t *testing.T, steps func() string) {
	t.Helper()
	until(t, func() string { first, _, _ := strings.Cut(steps(), " "); return first }, "before")
}

// What sleeps in Inngest when dev is stopped goes on in the next dev, whether its time has
// come meanwhile or comes later, and no step that had finished runs again. The project is at
// another port then.
func TestDevGoesOn(t *testing.T) {
	t.Parallel()
	n := newNapping(t)
	s := startDev(t, n.dir, n.env)
	over, due, later := n.nap(s, time.Second), n.nap(s, 3*time.Second), n.nap(s, 20*time.Second)
	until(t, over, "before after")
	begins(t, due)
	begins(t, later)
	s.stop()
	s = startDev(t, n.dir, n.env)
	until(t, due, "before after")
	until(t, later, "before after")
	until(t, n.nap(s, time.Second), "before after")
	for _, steps := range []func() string{over, due, later} {
		until(t, steps, "before after")
	}
	var known struct {
		Data struct{ Apps []struct{ URL string } }
	}
	if text := post(t, s.inngest+"/v0/gql", `{"query":"{apps{url}}"}`); json.Unmarshal([]byte(text), &known) != nil || len(known.Data.Apps) != 1 {
		t.Errorf("Inngest knows other apps than one: %s", text)
	}
}

// post sends JSON and returns the answer.
func post(t *testing.T, url, body string) string {
	t.Helper()
	res, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// An Inngest that takes events and begins nothing is replaced, and what it has swallowed
// is handled then.
func TestDevReplacesInngest(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	output(t, "testdata/inngest", nil, "go", "build", "-o", filepath.Join(bin, "inngest"), "main.go")
	program, err := stack.BuildInngest(t.Context(), func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	n := newNapping(t, "REAL_INNGEST="+program, "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	s := startDev(t, n.dir, n.env)
	until(t, n.nap(s, 0), "before after")
	post(t, s.inngest+"/swallow", "")
	steps := n.nap(s, 0)
	until(t, steps, "before after")
	reports, _ := filepath.Glob(filepath.Join(n.dir, ".switchyard", "logs", "inngest-stuck-*.txt"))
	if len(reports) != 1 {
		t.Fatalf("reports: %q", reports)
	}
	text, err := os.ReadFile(reports[0])
	if err != nil || !strings.Contains(string(text), "goroutine 1 [") {
		t.Errorf("the report, %v:\n%s", err, text)
	}
	if out := s.out.String(); strings.Count(out, "takes its place") != 1 || !strings.Contains(out, filepath.Base(reports[0])) {
		t.Error("the terminal does not say that Inngest is replaced, once, and where the report is")
	}
}
