// Package desk is what contestants share that is none of their framework's business: the
// queries, who calls, the types and the page. So they differ in what is compared.
package desk

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// The production features that all contestants have, as the product has them.
const (
	MaxBody       = 1 << 20          // bytes
	MaxConcurrent = 256              // requests at once
	Timeout       = 10 * time.Second // of a request
	ReadHeader    = 10 * time.Second
	Read          = 30 * time.Second
	Write         = 35 * time.Second
	Idle          = 2 * time.Minute
	grace         = 25 * time.Second
)

// Env holds the settings that the harness gives a contestant in the environment.
type Env struct {
	Address, Database, Secret string
	MaxConns                  int
	S3Endpoint, S3Key         string
	S3Secret, S3Bucket        string
	EventAPI                  string // where events are sent; "" for nowhere
}

// ReadEnv reads the Env. What is not set is empty, or 0.
func ReadEnv() Env {
	conns, _ := strconv.Atoi(os.Getenv("DATABASE_MAX_CONNS"))
	return Env{
		Address:  net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT")),
		Database: os.Getenv("DATABASE_URL"), Secret: os.Getenv("BETTER_AUTH_SECRET"), MaxConns: conns,
		S3Endpoint: os.Getenv("ENDPOINT"), S3Key: os.Getenv("ACCESS_KEY_ID"), S3Secret: os.Getenv("SECRET_ACCESS_KEY"), S3Bucket: os.Getenv("BUCKET"),
		EventAPI: os.Getenv("INNGEST_DEV"),
	}
}

// Logger returns the program's: JSON lines on standard output.
func Logger() *slog.Logger { return slog.New(slog.NewJSONHandler(os.Stdout, nil)) }

// Serve serves until the process is told to end, lets requests finish, and ends it.
func Serve(address string, h http.Handler) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := &http.Server{
		Addr: address, Handler: h,
		ReadHeaderTimeout: ReadHeader, ReadTimeout: Read, WriteTimeout: Write, IdleTimeout: Idle,
	}
	failed := make(chan error, 1)
	go func() { failed <- s.ListenAndServe() }()
	select {
	case err := <-failed:
		Fatal(err)
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := s.Shutdown(ending); err != nil && !errors.Is(err, http.ErrServerClosed) {
		Fatal(err)
	}
}

// Fatal ends the process for err.
func Fatal(err error) {
	slog.Error("cannot go on", slog.Any("error", err))
	os.Exit(1)
}
