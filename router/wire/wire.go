// Package wire is what generated catalogs, and the programs in packages, are written
// with. Nothing else imports it: it changes along with the generator, and a project takes
// both with one `go generate`.
package wire

import (
	"context"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/job"
	"switchyard/router/internal/program"
	"switchyard/router/internal/service"
	"switchyard/router/wire/bind"
)

// Program is everything that a program knows of its project.
type Program = program.Program

// Function is one function of a catalog, not built yet.
type Function = function.Function

// Need is what a function or a service asks for.
type Need = service.Need

// EnvOf is a section of the environment.
type EnvOf[T any] = service.Env[T]

// ServiceOf is a service.
type ServiceOf[T any] = service.Service[T]

// Env returns the section T of the environment, not read yet.
func Env[T any]() *EnvOf[T] { return service.NewEnv[T]() }

// Service returns the service called name, not opened yet.
func Service[T any](name string, open func(context.Context) (*T, error), needs ...Need) *ServiceOf[T] {
	return service.New(name, open, needs...)
}

// Endpoint binds a typed function. See package endpoint.
func Endpoint[I, O any](f endpoint.Handler[I, O]) endpoint.Binding { return endpoint.New(f) }

// Compiled binds a typed function with a generated binding. See package bind.
func Compiled[I, O any](f endpoint.Handler[I, O], b bind.Binding[I, O]) endpoint.Binding {
	return endpoint.Compiled(f, b)
}

// Job binds a job. See package job.
func Job[I, O any](f interface {
	Handle(ctx context.Context, in *I) (*O, error)
},
) job.Binding {
	return job.New(f)
}

// Schedule binds a schedule. See package job.
func Schedule(f interface {
	Handle(ctx context.Context) error
},
) job.Binding {
	return job.NewSchedule(f)
}
