package pack

import (
	"time"

	"switchyard/router/internal/app"
	"switchyard/router/internal/function"
	"switchyard/router/internal/service"
)

// What is built.
const (
	Lambda    = "lambda"    // zips for AWS Lambda
	Container = "container" // images
)

// What stands before the functions on AWS.
const (
	HTTPAPI = "http-api" // one API Gateway HTTP API for all of them
	URL     = "url"      // each unit's own function URL
)

// Plan is what was packaged, for who describes it to a platform.
type Plan struct {
	Project string // the last word of the module's path: "switchyard"
	Target  string // Lambda or Container
	Arch    string // as Go calls it: "arm64" or "amd64"
	Front   string // HTTPAPI or URL
	Behind  bool   // the functions are called by a router, which has admitted the caller
	IaC     string // "sam", "terraform" or "none": what describes the plan to AWS
	Version string // what it was built from: a commit, or "devel"
	Units   []Unit // by name
}

// Unit is functions in one program: one Lambda, or one container.
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

	// Needs are what the program reads and opens. Vars are the variables among them
	// that mean something where it runs, by name: without the address and the port of a
	// listener, for example.
	Needs *service.Set
	Vars  []service.Use

	Timeout  time.Duration // whole seconds: the longest function's, and a second to answer that it was too long
	Memory   int           // MiB
	Reserved int           // how many may run at once; 0 if no Spec says so
	Stream   bool          // its function URL streams the answers
	// Routed means that the HTTP API leads to its routes, URL that it has a function
	// URL: jobs always do, for Inngest calls them there, and a step may take longer
	// than an API waits. Both, or neither, may be so.
	Routed, URL bool
	// Sweeps means that it gets the payload {"switchyard":"sweep"} once a minute, and
	// then does what is done in the background elsewhere: it sends the events that were
	// left in the database, for example.
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
func (u Unit) Jobs() bool { return len(app.Durable(u.Functions)) > 0 }
