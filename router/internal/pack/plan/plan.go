// Package plan divides functions into programs, and says what each program needs of its
// platform: settings, permissions, routes and event sources. It builds nothing, and knows
// no format; the packages beside it build a plan, and describe it.
package plan

import (
	"fmt"
	"slices"
	"time"

	"switchyard/router/internal/function"
	"switchyard/router/internal/service"
)

// The targets of a plan.
const (
	Lambda    = "lambda"    // zips for AWS Lambda
	Container = "container" // images
)

// How requests come to the functions on AWS.
const (
	HTTPAPI = "http-api" // one API Gateway HTTP API for all of them
	URL     = "url"      // each unit's own function URL
)

// Plan describes programs, built or to be built, to who describes them to a platform.
type Plan struct {
	Project string // its name: "orders"
	Target  string // Lambda or Container
	Arch    string // as Go calls it: "arm64" or "amd64"
	Front   string // HTTPAPI or URL
	Behind  bool   // the functions are called by a router, which has admitted the caller
	IaC     string // "sam", "terraform" or "none": what describes the plan to AWS
	Version string // what it was built from: a commit, or "devel"
	Units   []Unit // by name
}

// Unit is one program with its functions: one Lambda, or one container.
type Unit struct {
	// Name is that of its function, with "-" for "/": "api-files-create". If it holds
	// all functions it is that of the project.
	Name      string
	Functions []function.Function // at least one, by name; to be described, not bound

	// What was built. Paths are below the folder of the output, with slashes.
	Zip      string // "api-files-create.zip"; of a Lambda
	SHA256   string // of the zip, in hexadecimal
	Size     int64  // of the zip, in bytes
	Unzipped int64  // of the program, in bytes
	Digest   string // of the image: "sha256:…"; of a container, in the folder of its name

	// Needs has all that the program reads and opens. Vars are the variables among them
	// that mean something where it runs, by name: without the address and the port of a
	// listener, for example.
	Needs *service.Set
	Vars  []service.Use

	Timeout  time.Duration // whole seconds: the longest function's, and a second to answer that it was too long
	Memory   int           // MiB
	Reserved int           // how many may run at once; 0 if no Spec says so
	Conns    int           // to the database that a process opens at most; 0 if no Spec asks for fewer than usual
	Stream   bool          // its function URL streams the answers
	// Routed means that the HTTP API leads to its routes, URL that it has a function
	// URL: jobs always do, for Inngest calls them there, and a step may take longer
	// than an API waits. Both, or neither, may be so.
	Routed, URL bool
	// Sweeps means that it gets SweepPayload once a minute, and then does what is done in
	// the background elsewhere: it sends the events that were left in the database, for
	// example.
	Sweeps bool
}

// Routes returns the routes of the unit's functions, by function.
func (u Unit) Routes() []string {
	var routes []string
	for _, f := range u.Functions {
		if route := f.Info().Route; route != "" {
			routes = append(routes, route)
		}
	}
	return routes
}

// Jobs reports whether Inngest runs some of the unit's functions.
func (u Unit) Jobs() bool { return len(function.Durable(u.Functions)) > 0 }

// Describe names the unit's function, or says how many there are.
func (u Unit) Describe() string {
	if len(u.Functions) > 1 {
		return fmt.Sprintf("%d functions", len(u.Functions))
	}
	return u.Functions[0].Name
}

// Routed reports whether the plan has an HTTP API.
func (p Plan) Routed() bool {
	return slices.ContainsFunc(p.Units, func(u Unit) bool { return u.Routed })
}

// LambdaArch returns what AWS calls the architecture: "arm64" or "x86_64".
func (p Plan) LambdaArch() string {
	if p.Arch == "amd64" {
		return "x86_64"
	}
	return p.Arch
}

// How the unit that sweeps is invoked, in the words of EventBridge, and why.
const (
	SweepPurpose = "Sends the events that were left in the database"
	SweepRate    = "rate(1 minute)"
	SweepPayload = `{"switchyard":"sweep"}`
)
