package durable_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inngest/inngestgo/step"

	"switchyard/internal/await"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/router/internal/durable/registration"
	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/fn"
)

// The test binary is also the application that TestCrash kills: with these set.
const (
	crashServer  = "DURABLE_TEST_SERVER"  // the URL of Inngest
	crashAddress = "DURABLE_TEST_ADDRESS" // where to listen
	crashDiary   = "DURABLE_TEST_DIARY"   // the file to write to what happens
	crashStop    = "DURABLE_TEST_STOP"    // stop between two steps, for ever
)

func TestMain(m *testing.M) {
	if os.Getenv(crashServer) == "" {
		dbtest.Main(m)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := crashing(context.Background(), log); err != nil {
		log.Error("the application ends", "error", err)
		os.Exit(1)
	}
}

// TestCrash kills the application between two steps of a run, starts it again and
// expects the run to finish without doing anything twice.
func TestCrash(t *testing.T) {
	t.Parallel()
	s := durabletest.StartDev(t)
	diary := filepath.Join(t.TempDir(), "diary")
	address := "127.0.0.1:" + durabletest.FreePort(t)
	wrote := func(line string) func() bool {
		return func() bool {
			text, _ := os.ReadFile(diary)
			return strings.Contains(string(text), line+"\n")
		}
	}
	first := startCrashing(t, s.URL, address, diary, crashStop+"=1")
	await.That(t, "the application is registered", wrote("registered"))
	id := s.Send(durabletest.Event("crash", nil))
	await.That(t, "the run is between its steps", wrote("between"))
	durabletest.Must(t, first.Process.Kill())
	_ = first.Wait()
	startCrashing(t, s.URL, address, diary)
	if got := s.AwaitRun(id); got.Status != "Completed" {
		t.Errorf("got %s %s", got.Status, got.Output)
	}
	text, err := os.ReadFile(diary)
	durabletest.Must(t, err)
	if n := strings.Count(string(text), "one\n"); n != 1 {
		t.Errorf("the finished step ran %d times:\n%s", n, text)
	}
	if n := strings.Count(string(text), "two\n"); n != 1 {
		t.Errorf("the other step ran %d times:\n%s", n, text)
	}
}

func startCrashing(t *testing.T, server, address, diary string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), crashServer+"="+server, crashAddress+"="+address, crashDiary+"="+diary)
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	durabletest.Must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// crashing is the application.
func crashing(ctx context.Context, log *slog.Logger) error {
	write := func(line string) (int, error) {
		f, err := os.OpenFile(os.Getenv(crashDiary), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return 0, err
		}
		defer func() { _ = f.Close() }()
		return fmt.Fprintln(f, line)
	}
	spec := fn.Job{Events: []string{"test/crash"}}
	task := durabletest.NewJob("jobs/crash", spec, func(ctx context.Context, _ *durabletest.Input) (*durabletest.Output, error) {
		note := func(line string) func(context.Context) (int, error) {
			return func(context.Context) (int, error) { return write(line) }
		}
		if _, err := step.Run(ctx, "one", note("one")); err != nil {
			return nil, err
		}
		if os.Getenv(crashStop) != "" {
			_, _ = write("between")
			<-make(chan struct{})
		}
		_, err := step.Run(ctx, "two", note("two"))
		return nil, err
	})
	address := os.Getenv(crashAddress)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	var jobs config.Jobs
	if err := jobs.Dev.UnmarshalText([]byte(os.Getenv(crashServer))); err != nil {
		return err
	}
	host, err := durable.New(durable.Config{
		Functions: []function.Function{task}, Jobs: jobs, Origin: "http://" + address, Logger: log,
	})
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- http.Serve(listener, host.Handler()) }()
	if err := registration.New(host, jobs, log).Register(ctx); err != nil {
		return err
	}
	if _, err := write("registered"); err != nil {
		return err
	}
	return <-served
}
