// Package lambda is the host on AWS Lambda.
package lambda

import (
	"context"
	"log/slog"
	"net/http"

	"switchyard/router/internal/lambda/record"
)

// Config is what a Host is made of.
type Config struct {
	HTTP    http.Handler
	Publish record.Publisher
	Sweep   func(ctx context.Context) error
	Track   []func() (flush func(context.Context) error)
	Stream  bool
	Logger  *slog.Logger
}

// Host takes events.
type Host struct{}

// New returns a host.
func New(Config) *Host { return &Host{} }

// Run takes events until ctx ends.
func (h *Host) Run(context.Context) error { return nil }

// Environment returns getenv with the defaults of Lambda.
func Environment(getenv func(string) string) func(string) string { return getenv }
