package apart_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"switchyard/internal/await"
	"switchyard/router/internal/routertest"
)

// env is the environment of a router of the sample.
func env(more ...string) []string {
	return append([]string{"HOST=127.0.0.1", "PORT=0", "LOG_FORMAT=json", "METRICS_TOKEN=0123456789abcdef"}, more...)
}

// start starts a router in this process whose bad pages run apart.
func start(t *testing.T, more ...string) *routertest.Router {
	t.Helper()
	return routertest.Start(t, sample(), env(more...), "--apart", "pages/bad/**")
}

// answer is what a page says.
type answer struct {
	status  int
	header  http.Header
	process string
	body    string
}

// ask asks for a page.
func ask(r *routertest.Router, path string) answer {
	r.T.Helper()
	res := r.Send(http.MethodPost, path, strings.NewReader("a body"))
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body) // that of one that dies may break off
	return answer{res.StatusCode, res.Header, res.Header.Get("X-Process"), string(body)}
}

// TestApart has three processes: the router's, that of a pattern, and that of a Spec.
func TestApart(t *testing.T) {
	t.Parallel()
	r := start(t)
	own, one, two, spec := ask(r, "/good"), ask(r, "/bad/one"), ask(r, "/bad/two"), ask(r, "/spec")
	for _, a := range []answer{own, one, two, spec} {
		id := a.header.Get("X-Request-Id")
		if want := id + " " + strings.TrimPrefix(r.URL, "http://"); a.status != http.StatusOK || a.body != "a body" || (a.process != own.process && a.header.Get("X-Asked") != want) {
			t.Errorf("%+v, want %s", a, want)
		}
	}
	if one.process != two.process || one.process == own.process || spec.process == own.process || spec.process == one.process {
		t.Errorf("processes: %s, %s, %s, %s", own.process, one.process, two.process, spec.process)
	}
	if a := ask(r, "/bad/one?how=panics"); a.status != http.StatusInternalServerError {
		t.Errorf("a panic that is caught: %d", a.status)
	}
	ask(r, "/bad/one?how=prints")
	await.That(t, "what it prints is in the log", func() bool { return strings.Contains(r.Log.String(), "printed by a function") })
	if got := ask(r, "/bad/two").process; got != one.process {
		t.Error("it was started again")
	}
}

// TestDies has a process of others end in each way that ends a Go process.
func TestDies(t *testing.T) {
	t.Parallel()
	r := start(t, "SWITCHYARD_APART_MEMORY=64MiB", "SWITCHYARD_APART_FILES=128")
	if got := ask(r, "/bad/one?how=files").header.Get("X-Files"); got != "128" {
		t.Errorf("it may have %s files open", got)
	}
	other, deaths := ask(r, "/spec").process, 0
	for how, want := range map[string]string{
		"gopanics": "panic: a panic in a goroutine", "exits": "exit status 3", "killed": "signal: killed",
		"hogs": "out of memory", "recurses": "exit status 2", "maps": "concurrent map",
	} {
		died := ask(r, "/bad/one?how="+how)
		if died.status != http.StatusBadGateway {
			t.Errorf("%s: who called it is answered %d", how, died.status)
		}
		if a := ask(r, "/good"); a.status != http.StatusOK {
			t.Errorf("%s: another function answers %d", how, a.status)
		}
		if a := ask(r, "/spec"); a.process != other {
			t.Errorf("%s: another process is gone", how)
		}
		deaths++
		await.That(t, how+": its end is logged", func() bool { return strings.Count(ended(r), "\n") == deaths })
		all := ended(r)
		last := all[strings.LastIndexByte(all[:len(all)-1], '\n')+1:]
		if !strings.Contains(last, want) && !foundNoMemory(last) {
			t.Errorf("%s: the log does not say %q:\n%s", how, want, all)
		}
		await.That(t, how+": it is there again", func() bool { return ask(r, "/bad/two").status == http.StatusOK })
	}
	if line := ended(r); strings.Count(line, `"running":["pages/bad/one"]`) != deaths || strings.Count(line, `"function":"pages/bad/one"`) != deaths {
		t.Error(line)
	}
}

// foundNoMemory reports whether something other than Go's allocator found first that there is no
// more memory: the race detector; C's library, which needs some for a thread; or Go's collector,
// which uses what it was not given (runtime.spanQueue, of Go 1.26).
func foundNoMemory(death string) bool {
	return strings.Contains(death, "ThreadSanitizer") || strings.Contains(death, "pthread_create failed") ||
		strings.Contains(death, "SIGSEGV") && strings.Contains(death, "runtime.gcDrain")
}

// ended returns what the log says of processes that have ended.
func ended(r *routertest.Router) string {
	var all strings.Builder
	for line := range strings.Lines(r.Log.String()) {
		if strings.Contains(line, "the process of functions that run apart has ended") {
			all.WriteString(line)
		}
	}
	return all.String()
}

// TestStreams reads an answer while it is made, and leaves.
func TestStreams(t *testing.T) {
	t.Parallel()
	r := start(t)
	res := r.Send(http.MethodGet, "/bad/one?how=streams&until", nil)
	lines := bufio.NewScanner(res.Body)
	for i := range 2 {
		if !lines.Scan() || lines.Text() != "line "+strconv.Itoa(i) {
			t.Fatalf("line %d: %q, %v", i, lines.Text(), lines.Err())
		}
	}
	_ = res.Body.Close() // and with it the function's context ends, or the router would not stop
}

// TestMetrics wants the figures of each process, and none twice.
func TestMetrics(t *testing.T) {
	t.Parallel()
	r := start(t)
	ask(r, "/bad/one")
	wants := []string{
		`switchyard_apart_up{group="pages/bad/**",project="sample"} 1`,
		`switchyard_apart_restarts_total{group="pages/spec",project="sample"} 0`,
		`switchyard_apart_requests_total{function="pages/bad/one",project="sample",result="answered"} 1`,
		`go_goroutines{apart="pages/bad/**",project="sample"}`,
		`go_goroutines{project="sample"}`,
	}
	text := ""
	for _, want := range wants { // a process that does not answer in time has none
		await.That(t, want+" is among the metrics", func() bool {
			text = metricsOf(r)
			return strings.Contains(text, "\n"+want)
		})
	}
	if n := strings.Count(text, `switchyard_http_requests_total{code="2xx",function="pages/bad/one"`); n != 1 {
		t.Errorf("requests are counted in %d places", n)
	}
}

// metricsOf returns the text of the router's metrics.
func metricsOf(r *routertest.Router) string {
	r.T.Helper()
	res := r.Ask(http.MethodGet, "/metrics", "", "Authorization: Bearer 0123456789abcdef")
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		r.T.Fatal(err)
	}
	return string(text)
}

// TestOrphans kills a router: nothing of it is left.
func TestOrphans(t *testing.T) {
	t.Parallel()
	r, kill := routertest.StartProcess(t, "", env("SWITCHYARD_APART=pages/bad/**"))
	var left []int
	for _, path := range []string{"/bad/one", "/spec"} {
		pid, err := strconv.Atoi(ask(r, path).process)
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, pid)
	}
	go func() {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL+"/bad/one?how=waits", nil)
		_, _ = http.DefaultClient.Do(req)
	}()
	kill()
	for _, pid := range left {
		await.That(t, "the process is gone", func() bool { return syscall.Kill(pid, 0) != nil })
	}
}

// TestLeftovers wants nothing to be left of what a process has started when that has died.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	r := start(t)
	pid, err := strconv.Atoi(ask(r, "/bad/one?how=starts").header.Get("X-Started"))
	if err != nil {
		t.Fatal(err)
	}
	ask(r, "/bad/one?how=exits")
	await.That(t, "what it has started is gone", func() bool { return !runs(pid) })
}

// runs reports whether a process runs. One that nobody has waited for is none any more.
func runs(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(state, "Z")
}

// TestLines wants lines of the processes' logs as the router's own.
func TestLines(t *testing.T) {
	t.Parallel()
	r := start(t)
	ask(r, "/bad/one?how=panics")
	await.That(t, "the panic is in the log", func() bool { return strings.Contains(r.Log.String(), "a panic of its own request") })
	for line := range strings.Lines(r.Log.String()) {
		var entry struct{ Msg, Apart, Function, Stack string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if entry.Stack != "" && (entry.Apart != "pages/bad/**" || entry.Function != "pages/bad/one") {
			t.Errorf("whose is %s", line)
		}
	}
}

// TestDrains stops a router while a call runs in a process of its own: it is answered first.
func TestDrains(t *testing.T) {
	t.Parallel()
	address, stop := serve(t)
	r := &routertest.Router{T: t, URL: "http://" + address}
	folder := t.TempDir()
	exists := func(name string) bool { _, err := os.Stat(filepath.Join(folder, name)); return err == nil }
	answered, ended := make(chan answer, 1), make(chan int, 1)
	go func() { answered <- ask(r, "/spec?within="+url.QueryEscape(folder)) }()
	await.That(t, "the call runs", func() bool { return exists("begun") })
	go func() { ended <- stop() }()
	await.That(t, "the router drains", func() bool {
		res, err := http.Get(r.URL + "/readyz")
		if err == nil {
			_ = res.Body.Close()
		}
		return err != nil || res.StatusCode != http.StatusOK
	})
	if err := os.WriteFile(filepath.Join(folder, "end"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if status := <-ended; status != 0 {
		t.Errorf("the router ended with %d", status)
	}
	if a := <-answered; a.status != http.StatusOK || a.body != "a body" {
		t.Errorf("%d %q", a.status, a.body)
	}
}
