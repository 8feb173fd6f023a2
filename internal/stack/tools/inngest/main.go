//go:build ignore

// Command kept is Inngest's development server with a memory: it writes the queues and the
// state of runs, which the server has in a Redis in its own process, to a file, and reads
// them when it starts. The server itself forgets them, with --persist too.
//
// It is set by the variables of `inngest dev` that package stack uses. Functions, events and
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

	"github.com/inngest/inngest/pkg/config"
	connect "github.com/inngest/inngest/pkg/config/connect"
	"github.com/inngest/inngest/pkg/devserver"
	"github.com/inngest/inngest/pkg/headers"
	itrace "github.com/inngest/inngest/pkg/telemetry/trace"
)

// endWithin is how long the server may take to end before its queues are written as they are.
const endWithin = 2 * time.Second

func main() {
	time.Local = time.UTC // as the server has it
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
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

// options returns what `inngest dev` makes of its variables, and where the queues are.
func options(ctx context.Context, dir, redis string) devserver.StartOpts {
	conf, err := config.Dev(ctx)
	if err != nil {
		log.Fatal(err)
	}
	conf.ServerKind = headers.ServerKindDev
	host, port := os.Getenv("INNGEST_HOST"), number("INNGEST_PORT")
	conf.EventAPI.Addr, conf.EventAPI.Port = host, port
	conf.CoreAPI.Addr, conf.CoreAPI.Port = host, port
	return devserver.StartOpts{
		Config: *conf, RetryInterval: number("INNGEST_RETRY_INTERVAL"),
		PollInterval: devserver.DefaultPollInterval, QueueWorkers: devserver.DefaultQueueWorkers, Tick: devserver.DefaultTickDuration,
		Persist: true, SQLiteDir: dir, RedisURI: redis,
		ConnectGatewayHost: host, ConnectGatewayPort: number("INNGEST_CONNECT_GATEWAY_PORT"),
		ConnectGRPCConfig: connect.NewGRPCConfig(ctx,
			host, number("INNGEST_CONNECT_GATEWAY_GRPC_PORT"), host, number("INNGEST_CONNECT_EXECUTOR_GRPC_PORT")),
	}
}

// serve runs the server. Its history of runs comes from traces that it sends to itself.
func serve(ctx context.Context, o devserver.StartOpts) error {
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
	return devserver.New(ctx, o)
}

// number returns the variable's value.
func number(name string) int {
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		log.Fatalf("%s: %v", name, err)
	}
	return n
}
