package durabletest

import (
	"bytes"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"switchyard/internal/await"
	"switchyard/internal/stack"
	"switchyard/shared/config"
)

const (
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

// StartDev starts a development server that knows no application. It tries what has
// failed again after a second, as does StartProduction's.
func StartDev(t *testing.T) *Server {
	t.Helper()
	server, _ := StartAt(t, 0)
	return server
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
	await.That(s.T, "Inngest answers", func() bool {
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

func logEnd(t *testing.T, log *bytes.Buffer) {
	t.Helper()
	if t.Failed() {
		t.Logf("Inngest said at last:\n%s", log.Bytes()[max(0, log.Len()-4000):])
	}
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

// StartAt starts a development server at a port, where it is back after it was stopped; 0 is any.
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
