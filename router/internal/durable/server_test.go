package durable_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/internal/stack"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/registration"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/events/ledger"
)

const (
	// patience is how long a test waits for something that should come.
	patience   = 60 * time.Second
	signingKey = "0123456789abcdef0123456789abcdef"
	eventKey   = "eventkey"
)

// inngest is a running Inngest server.
type inngest struct {
	t   *testing.T
	url string
	key string // of its API; "" in development

	answers tally // how often the application answered what
}

// counting counts the statuses of answers.
type counting struct {
	http.ResponseWriter
	counts *tally
}

func (c counting) WriteHeader(status int) {
	c.counts.add(strconv.Itoa(status))
	c.ResponseWriter.WriteHeader(status)
}

// startDev starts a development server that knows no application. It tries what has
// failed again after a second, as does startProduction's.
func startDev(t *testing.T) *inngest {
	t.Helper()
	var log bytes.Buffer
	server, err := stack.StartInngest(t.Context(), stack.Options{
		Dir: t.TempDir(), Log: &log, Progress: func(line string) { t.Log(line) },
	})
	must(t, err)
	t.Cleanup(func() {
		must(t, server.Stop())
		logEnd(t, &log)
	})
	return &inngest{t: t, url: server.URL}
}

// startProduction starts a self-hosted server that signs its calls.
func startProduction(t *testing.T) *inngest {
	t.Helper()
	path, err := stack.BuildInngest(t.Context(), func(line string) { t.Log(line) })
	must(t, err)
	// The ports are free when they are chosen, not for sure a moment later.
	for range 3 {
		s := &inngest{t: t, url: "http://127.0.0.1:" + freePort(t), key: signingKey}
		if s.start(exec.CommandContext(t.Context(), path, "start", "--host", "127.0.0.1", "--sqlite-dir", t.TempDir(),
			"--signing-key", signingKey, "--event-key", eventKey, "--retry-interval", "1")) {
			return s
		}
	}
	t.Fatal("Inngest does not start")
	return nil
}

// start reports whether the server is up; if not, it has ended.
func (s *inngest) start(cmd *exec.Cmd) bool {
	s.t.Helper()
	cmd.Dir = s.t.TempDir()
	cmd.Env = append(os.Environ(), "DO_NOT_TRACK=1", "HOME="+cmd.Dir, "INNGEST_PORT="+s.url[strings.LastIndex(s.url, ":")+1:])
	for _, name := range []string{"GATEWAY", "GATEWAY_GRPC", "EXECUTOR_GRPC"} {
		cmd.Env = append(cmd.Env, "INNGEST_CONNECT_"+name+"_PORT="+freePort(s.t))
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	must(s.t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		logEnd(s.t, &log)
	})
	up := false
	eventually(s.t, "Inngest answers", func() bool {
		select {
		case <-ended:
			return true
		default:
		}
		up = s.takesEvents()
		return up
	})
	return up
}

// takesEvents reports whether the server handles events. When it begins to say
// that it is healthy it still loses some; see stack.StartInngest.
func (s *inngest) takesEvents() bool {
	if !s.get("/health", nil) {
		return false
	}
	var list struct{ Data []any }
	if s.get("/v1/events?limit=1", &list) && len(list.Data) > 0 {
		return true
	}
	s.send(map[string]any{"name": "test/probe", "data": map[string]any{}})
	return false
}

// get reads an answer and reports whether there was one, of 200. The server keeps
// its answers by their URL, so each one is a new one.
func (s *inngest) get(path string, answer any) bool {
	s.t.Helper()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	url := fmt.Sprintf("%s%s%s_=%d", s.url, path, separator, time.Now().UnixNano())
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, url, nil)
	must(s.t, err)
	req.Header.Set("Authorization", "Bearer "+s.key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	if answer != nil && res.StatusCode == http.StatusOK {
		must(s.t, json.NewDecoder(res.Body).Decode(answer))
	}
	return res.StatusCode == http.StatusOK
}

func logEnd(t *testing.T, log *bytes.Buffer) {
	t.Helper()
	if t.Failed() {
		t.Logf("Inngest said at last:\n%s", log.Bytes()[max(0, log.Len()-4000):])
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	port, err := stack.FreePort()
	must(t, err)
	return strconv.Itoa(port)
}

// jobs is the configuration that goes with the server.
func (s *inngest) jobs() config.Jobs {
	var jobs config.Jobs
	if s.key == "" {
		must(s.t, jobs.Dev.UnmarshalText([]byte(s.url)))
		return jobs
	}
	must(s.t, jobs.BaseURL.UnmarshalText([]byte(s.url)))
	jobs.SigningKey = config.Secret(s.key)
	return jobs
}

// untried is the same for a host that nobody can reach.
func (s *inngest) untried() config.Jobs {
	jobs := s.jobs()
	jobs.Untried = true
	return jobs
}

// send publishes an event and returns its id.
func (s *inngest) send(event map[string]any) string {
	s.t.Helper()
	var answer struct{ IDs []string }
	s.post("/e/"+eventKey, event, &answer)
	return answer.IDs[0]
}

// post sends v and reads the answer, which must be 200.
func (s *inngest) post(path string, v, answer any) {
	s.t.Helper()
	body, err := json.Marshal(v)
	must(s.t, err)
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+path, bytes.NewReader(body))
	must(s.t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	must(s.t, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	must(s.t, err)
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("POST %s: %s: %s", path, res.Status, text)
	}
	must(s.t, json.Unmarshal(text, answer))
}

// run is one run of a function, as the server tells.
type run struct {
	ID     string          `json:"run_id"`
	Status string          `json:"status"`
	Ended  *time.Time      `json:"ended_at"`
	Output json.RawMessage `json:"output"`
}

// runs returns the runs that an event has started so far.
func (s *inngest) runs(event string) []run {
	s.t.Helper()
	var answer struct{ Data []run }
	s.get("/v1/events/"+event+"/runs", &answer)
	return answer.Data
}

// ended waits until the one run that event starts has ended, and returns it.
func (s *inngest) ended(event string) run {
	s.t.Helper()
	var runs []run
	eventually(s.t, "the run ends", func() bool {
		runs = s.runs(event)
		return len(runs) == 1 && runs[0].Ended != nil
	})
	return runs[0]
}

// serve runs functions against the server and registers them.
func (s *inngest) serve(t *testing.T, functions ...function.Function) {
	t.Helper()
	s.release(t, nil, functions...)
}

// release also has a ledger. What it returns replaces the functions by others, at the
// same URL.
func (s *inngest) release(t *testing.T, l *ledger.Ledger, functions ...function.Function) func(...function.Function) {
	t.Helper()
	app := httptest.NewUnstartedServer(nil)
	var current atomic.Pointer[durable.Host]
	app.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		current.Load().Handler().ServeHTTP(counting{w, &s.answers}, r)
	})
	replace := func(functions ...function.Function) {
		host, err := durable.New(durable.Config{
			Functions: functions,
			Jobs:      s.jobs(),
			Origin:    "http://" + app.Listener.Addr().String(),
			Ledger:    l,
			Logger:    testLog(t),
		})
		must(t, err)
		current.Store(host)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		must(t, registration.New(host, s.jobs(), testLog(t)).Register(ctx))
	}
	app.Start()
	t.Cleanup(app.Close)
	replace(functions...)
	return replace
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
