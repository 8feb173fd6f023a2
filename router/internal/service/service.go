// Package service opens what functions need: each service once, after those it
// needs itself, and only if a loaded function asks for it.
//
// A service is any T that a package in shared/ opens with
//
//	func Open(ctx context.Context, c config.X, other *other.T) (*T, error)
//
// where sections of the configuration and other services may come in any number
// and order. T may also have
//
//	Close() error                                       // called when the host stops
//	Ready(ctx context.Context) error                    // nil while it can serve; asked by /readyz
//	Run(ctx context.Context, log *slog.Logger) error    // background work, while the host serves; returns soon after ctx ends
//	Relay(ctx context.Context, log *slog.Logger) error  // the same, once Inngest knows the jobs: what it sends may start some
//	EndStreams()                                        // called when the host drains: answers that would last for hours end
//	Collectors() []prometheus.Collector                 // shown by /metrics
//
// Run is for each process that has the service, since calls there may need what it does. Relay
// is for the router alone, which sends what functions that run apart have left as well.
//
// Hosts that freeze a process between two calls run nothing in the background. For them T may
// have
//
//	Track() (flush func(ctx context.Context) error)     // called before a call; flush after it, before its answer leaves
//	Sweep(ctx context.Context) error                    // does once what Run or Relay does again and again; called every minute
//
// The hosts look for some methods more, which only services of the framework have: see package
// app.
package service

import (
	"context"
	"fmt"

	"switchyard/shared/config"
)

// Need is what a function or a service asks for: a [Service] or an [Env].
type Need interface {
	node() *node
}

// node is a need without its type.
type node struct {
	name        string
	vars        []config.Var
	permissions []config.Permission
	needs       []Need
	read        func(*config.Reader)        // only of an Env
	open        func(context.Context) error // only of a Service
	value       func() any                  // only of a Service
}

func (n *node) node() *node { return n }

// Env is a section of the environment. Value is valid once the [Set] it belongs
// to is open.
type Env[T any] struct {
	Value T
	n     node
}

// NewEnv returns the section T, not read yet.
func NewEnv[T any]() *Env[T] {
	e := &Env[T]{n: node{
		name: fmt.Sprintf("%T", *new(T)), vars: config.VarsOf[T](), permissions: config.PermissionsOf[T](),
	}}
	e.n.read = func(r *config.Reader) { e.Value = config.Read[T](r) }
	return e
}

func (e *Env[T]) node() *node { return &e.n }

// Service is a value that is opened once. Value is valid once the [Set] it
// belongs to is open.
type Service[T any] struct {
	Value *T
	n     node
}

// New returns the service called name, not opened yet. When its needs are open,
// open may use their values.
func New[T any](name string, open func(context.Context) (*T, error), needs ...Need) *Service[T] {
	s := &Service[T]{n: node{name: name, needs: needs}}
	s.n.open = func(ctx context.Context) (err error) {
		s.Value, err = open(ctx)
		return err
	}
	s.n.value = func() any { return s.Value }
	return s
}

func (s *Service[T]) node() *node { return &s.n }
