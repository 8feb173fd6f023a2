// Package durabletest has what the tests of package durable and of those below it share: an
// Inngest server, jobs that count what happens in them, and processes that take part in a
// registration.
package durabletest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"switchyard/internal/stack"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/registration"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/config"
	"switchyard/shared/events/ledger"
)

const (
	// patience is how long a test waits for something that should come.
	patience = 60 * time.Second
	// SigningKey is that of [StartProduction]'s server.
	SigningKey = "0123456789abcdef0123456789abcdef"
	// EventKey is taken by every server.
	EventKey = "eventkey"
)

// Server is a running Inngest server.
type Server struct {
	T   *testing.T
	URL string
	Key string // of its API; "" in development

	Answers Tally // how often the application answered what
}

// counting counts the statuses of answers.
type counting struct {
	http.ResponseWriter
	counts *Tally
}

// WriteHeader implements [http.ResponseWriter].
func (c counting) WriteHeader(status int) {
	c.counts.Add(strconv.Itoa(status))
	c.ResponseWriter.WriteHeader(status)
}

// StartDev starts a development server that knows no application. It tries what has
// failed again after a second, as does StartProduction's.
func StartDev(t *testing.T) *Server {
	t.Helper()
	var log bytes.Buffer
	server, err := stack.StartInngest(t.Context(), stack.Options{
		Dir: t.TempDir(), Log: &log, Progress: func(line string) { t.Log(line) },
	})
	Must(t, err)
	t.Cleanup(func() {
		Must(t, server.Stop())
		logEnd(t, &log)
	})
	return &Server{T: t, URL: server.URL}
}

// StartProduction starts a self-hosted server that signs its calls.
func StartProduction(t *testing.T) *Server {
	t.Helper()
	path, err := stack.BuildInngest(t.Context(), func(line string) { t.Log(line) })
	Must(t, err)
	// The ports are free when they are chosen, not for sure a moment later.
	for range 3 {
		s := &Server{T: t, URL: "http://127.0.0.1:" + FreePort(t), Key: SigningKey}
		if s.start(exec.CommandContext(t.Context(), path, "start", "--host", "127.0.0.1", "--sqlite-dir", t.TempDir(),
			"--signing-key", SigningKey, "--event-key", EventKey, "--retry-interval", "1")) {
			return s
		}
	}
	t.Fatal("Inngest does not start")
	return nil
}

// start reports whether the server is up; if not, it has ended.
func (s *Server) start(cmd *exec.Cmd) bool {
	s.T.Helper()
	cmd.Dir = s.T.TempDir()
	cmd.Env = append(cmd.Environ(), "DO_NOT_TRACK=1", "HOME="+cmd.Dir, "INNGEST_PORT="+s.URL[strings.LastIndex(s.URL, ":")+1:])
	for _, name := range []string{"GATEWAY", "GATEWAY_GRPC", "EXECUTOR_GRPC"} {
		cmd.Env = append(cmd.Env, "INNGEST_CONNECT_"+name+"_PORT="+FreePort(s.T))
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	Must(s.T, cmd.Start())
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	s.T.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		logEnd(s.T, &log)
	})
	up := false
	Eventually(s.T, "Inngest answers", func() bool {
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
func (s *Server) takesEvents() bool {
	if !s.get("/health", nil) {
		return false
	}
	var list struct{ Data []any }
	if s.get("/v1/events?limit=1", &list) && len(list.Data) > 0 {
		return true
	}
	s.Send(map[string]any{"name": "test/probe", "data": map[string]any{}})
	return false
}

// get reads an answer and reports whether there was one, of 200. The server keeps
// its answers by their URL, so each one is a new one.
func (s *Server) get(path string, answer any) bool {
	s.T.Helper()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	url := fmt.Sprintf("%s%s%s_=%d", s.URL, path, separator, time.Now().UnixNano())
	req, err := http.NewRequestWithContext(s.T.Context(), http.MethodGet, url, nil)
	Must(s.T, err)
	req.Header.Set("Authorization", "Bearer "+s.Key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	if answer != nil && res.StatusCode == http.StatusOK {
		Must(s.T, json.NewDecoder(res.Body).Decode(answer))
	}
	return res.StatusCode == http.StatusOK
}

func logEnd(t *testing.T, log *bytes.Buffer) {
	t.Helper()
	if t.Failed() {
		t.Logf("Inngest said at last:\n%s", log.Bytes()[max(0, log.Len()-4000):])
	}
}

// FreePort returns a port that nobody listens on.
func FreePort(t *testing.T) string {
	t.Helper()
	port, err := stack.FreePort()
	Must(t, err)
	return strconv.Itoa(port)
}

// Jobs returns the configuration that goes with the server.
func (s *Server) Jobs() config.Jobs {
	var jobs config.Jobs
	if s.Key == "" {
		Must(s.T, jobs.Dev.UnmarshalText([]byte(s.URL)))
		return jobs
	}
	Must(s.T, jobs.BaseURL.UnmarshalText([]byte(s.URL)))
	jobs.SigningKey = config.Secret(s.Key)
	return jobs
}

// Untried returns the same for a host that nobody can reach.
func (s *Server) Untried() config.Jobs {
	jobs := s.Jobs()
	jobs.Untried = true
	return jobs
}

// Send publishes an event and returns its id.
func (s *Server) Send(event map[string]any) string {
	s.T.Helper()
	var answer struct{ IDs []string }
	s.Post("/e/"+EventKey, event, &answer)
	return answer.IDs[0]
}

// Post sends v and reads the answer, which must be 200.
func (s *Server) Post(path string, v, answer any) {
	s.T.Helper()
	body, err := json.Marshal(v)
	Must(s.T, err)
	req, err := http.NewRequestWithContext(s.T.Context(), http.MethodPost, s.URL+path, bytes.NewReader(body))
	Must(s.T, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	Must(s.T, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	Must(s.T, err)
	if res.StatusCode != http.StatusOK {
		s.T.Fatalf("POST %s: %s: %s", path, res.Status, text)
	}
	Must(s.T, json.Unmarshal(text, answer))
}

// Run is one run of a function, as the server tells.
type Run struct {
	ID     string          `json:"run_id"`
	Status string          `json:"status"`
	Ended  *time.Time      `json:"ended_at"`
	Output json.RawMessage `json:"output"`
}

// Runs returns the runs that an event has started so far.
func (s *Server) Runs(event string) []Run {
	s.T.Helper()
	var answer struct{ Data []Run }
	s.get("/v1/events/"+event+"/runs", &answer)
	return answer.Data
}

// AwaitRun waits until the one run that event starts has ended, and returns it.
func (s *Server) AwaitRun(event string) Run {
	s.T.Helper()
	var runs []Run
	Eventually(s.T, "the run ends", func() bool {
		runs = s.Runs(event)
		return len(runs) == 1 && runs[0].Ended != nil
	})
	return runs[0]
}

// Serve runs functions against the server and registers them.
func (s *Server) Serve(t *testing.T, functions ...function.Function) {
	t.Helper()
	s.Release(t, nil, functions...)
}

// Release also has a ledger. What it returns replaces the functions by others, at the
// same URL.
func (s *Server) Release(t *testing.T, l *ledger.Ledger, functions ...function.Function) func(...function.Function) {
	t.Helper()
	app := httptest.NewUnstartedServer(nil)
	var current atomic.Pointer[durable.Host]
	app.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		current.Load().Handler().ServeHTTP(counting{w, &s.Answers}, r)
	})
	replace := func(functions ...function.Function) {
		host, err := durable.New(durable.Config{
			Functions: functions,
			Jobs:      s.Jobs(),
			Origin:    "http://" + app.Listener.Addr().String(),
			Ledger:    l,
			Overrun:   &overrun.Set{},
			Logger:    Log(t),
		})
		Must(t, err)
		current.Store(host)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		Must(t, registration.New(host, s.Jobs(), Log(t)).Register(ctx))
	}
	app.Start()
	t.Cleanup(app.Close)
	replace(functions...)
	return replace
}

// Eventually waits until ok, for a minute at most.
func Eventually(t *testing.T, what string, ok func() bool) {
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

// Must ends the test if there is an error.
func Must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// StartAt starts a development server at a port, where it is back after it was stopped.
func StartAt(t *testing.T, port int) (*Server, *stack.Inngest) {
	t.Helper()
	var log bytes.Buffer
	server, err := stack.StartInngest(t.Context(), stack.Options{
		Dir: t.TempDir(), Port: port, Log: &log, Progress: func(line string) { t.Log(line) },
	})
	Must(t, err)
	t.Cleanup(func() {
		server.Signal(syscall.SIGCONT)
		_ = server.Stop() // what had to be frozen or cut off may have to be killed
		logEnd(t, &log)
	})
	return &Server{T: t, URL: server.URL}, server
}

// HasFunctions reports whether the server has been told of any.
func (s *Server) HasFunctions() bool {
	var dev struct{ Functions []any }
	return s.get("/dev", &dev) && len(dev.Functions) > 0
}

// AwaitStep returns when the run that an event has started waits in a step.
func (s *Server) AwaitStep(event, step string) {
	s.T.Helper()
	const query = `query($run: String!) {run(runID: $run) {trace {childrenSpans {name status}}}}`
	Eventually(s.T, "the run waits in "+step, func() bool {
		runs := s.Runs(event)
		if len(runs) != 1 {
			return false
		}
		var answer struct {
			Data struct {
				Run struct {
					Trace struct {
						ChildrenSpans []struct{ Name, Status string }
					}
				}
			}
		}
		s.Post("/v0/gql", map[string]any{"query": query, "variables": map[string]any{"run": runs[0].ID}}, &answer)
		for _, span := range answer.Data.Run.Trace.ChildrenSpans {
			if span.Name == step && span.Status == "WAITING" {
				return true
			}
		}
		return false
	})
}
