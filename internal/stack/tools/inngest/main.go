//go:build ignore

// Command inngest is Inngest's server, with one command more: keep is dev with a memory. It
// writes the queues and the state of runs, which the server has in a Redis in its own
// process, to a file, and reads them when it starts. The server itself forgets them, with
// --persist too.
//
// Keep is set by the variables of dev that package stack uses. Functions, events and
// history are in INNGEST_SQLITE_DIR/main.db, the rest in INNGEST_SQLITE_DIR/queue.gob. That
// file is written every second, or less often if that takes long, and at the end: SIGTERM
// loses nothing, SIGKILL what changed since.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
	_ "time/tzdata"

	"github.com/inngest/inngest/cmd/devserver"
	"github.com/inngest/inngest/cmd/start"
	"github.com/inngest/inngest/pkg/config"
	connect "github.com/inngest/inngest/pkg/config/connect"
	server "github.com/inngest/inngest/pkg/devserver"
	"github.com/inngest/inngest/pkg/headers"
	itrace "github.com/inngest/inngest/pkg/telemetry/trace"
	"github.com/urfave/cli/v3"
	"modernc.org/sqlite"
)

// endWithin is how long the server may take to end before its queues are written as they are.
const endWithin = 2 * time.Second

func main() {
	time.Local = time.UTC // as the server wants it
	for name, value := range map[string]string{"LOG_HANDLER": "json", "LOG_LEVEL": "info"} {
		if os.Getenv(name) == "" {
			os.Setenv(name, value)
		}
	}
	app := &cli.Command{Name: "inngest", Commands: []*cli.Command{
		devserver.Command(), start.Command(), {Name: "keep", Action: keep},
	}}
	if err := app.Run(context.Background(), os.Args); err != nil {
		log.Fatal(err)
	}
}

func keep(ctx context.Context, _ *cli.Command) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	sqlite.RegisterConnectionHook(writeAhead)
	dir := os.Getenv("INNGEST_SQLITE_DIR")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	s, err := openStore(filepath.Join(dir, "queue.gob"))
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, options(ctx, dir, s.url())) }()
	go s.keep(ctx)
	select {
	case err = <-ended:
	case <-ctx.Done():
		select {
		case err = <-ended:
		case <-time.After(endWithin):
		}
	}
	if failed := s.save(); failed != nil {
		return failed
	}
	if ctx.Err() != nil {
		return nil // it was told to end
	}
	return fmt.Errorf("the server ended: %w", err)
}

// writeAhead has a connection to main.db wait for the disk at times, and not at each commit, of
// which a run has dozens: with them the server begins some runs a second, and soon none.
func writeAhead(c sqlite.ExecQuerierContext, _ string) error {
	for _, setting := range []string{"PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL"} {
		if _, err := c.ExecContext(context.Background(), setting, nil); err != nil {
			return err
		}
	}
	return nil
}

// options returns what `inngest dev` makes of its variables, and where the queues are.
func options(ctx context.Context, dir, redis string) server.StartOpts {
	conf, err := config.Dev(ctx)
	if err != nil {
		log.Fatal(err)
	}
	conf.ServerKind = headers.ServerKindDev
	host, port := os.Getenv("INNGEST_HOST"), number("INNGEST_PORT")
	conf.EventAPI.Addr, conf.EventAPI.Port = host, port
	conf.CoreAPI.Addr, conf.CoreAPI.Port = host, port
	return server.StartOpts{
		Config: *conf, RetryInterval: number("INNGEST_RETRY_INTERVAL"),
		PollInterval: server.DefaultPollInterval, QueueWorkers: server.DefaultQueueWorkers, Tick: server.DefaultTickDuration,
		Persist: true, SQLiteDir: dir, RedisURI: redis,
		ConnectGatewayHost: host, ConnectGatewayPort: number("INNGEST_CONNECT_GATEWAY_PORT"),
		ConnectGRPCConfig: connect.NewGRPCConfig(ctx,
			host, number("INNGEST_CONNECT_GATEWAY_GRPC_PORT"), host, number("INNGEST_CONNECT_EXECUTOR_GRPC_PORT")),
	}
}

// serve runs the server. Its history of runs comes from traces that it sends to itself.
func serve(ctx context.Context, o server.StartOpts) error {
	traces := itrace.TracerOpts{
		ServiceName: "tracing", Type: itrace.TracerTypeOTLPHTTP,
		TraceEndpoint: "localhost:" + strconv.Itoa(o.Config.EventAPI.Port), TraceURLPath: "/dev/traces",
	}
	if err := itrace.NewUserTracer(ctx, traces); err != nil {
		return err
	}
	traces.ServiceName, traces.TraceURLPath = "tracing-system", "/dev/traces/system"
	if err := itrace.NewSystemTracer(ctx, traces); err != nil {
		return err
	}
	return server.New(ctx, o)
}

// number returns the variable's value.
func number(name string) int {
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		log.Fatalf("%s: %v", name, err)
	}
	return n
}
