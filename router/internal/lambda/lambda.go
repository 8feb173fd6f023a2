// Package lambda is the host on AWS Lambda. Data flows one way:
//
//	loop      aws-lambda-go's, and the end of the process      run.go stream.go
//	event     what it is, how long it may take, what it leaves  invoke.go shape.go
//	request   HTTP events as net/http would have served them    package httpevent
//	record    events of queues, topics, buckets and streams     package record
//	handler   the same that serves HTTP elsewhere               package serve
package lambda

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"switchyard/router/internal/lambda/httpevent"
	"switchyard/router/internal/lambda/record"
)

// Config has the parts of a [Host].
type Config struct {
	// HTTP serves HTTP events; nil: such events fail.
	HTTP http.Handler
	// Publish takes the records of event sources; nil: such events fail.
	Publish record.Publisher
	// Sweep does the work of the scheduled payload {"switchyard":"sweep"}; nil: it fails.
	Sweep func(ctx context.Context) error
	// Track are called before each event, and what they return after it, before the reply: after
	// that, the process may be frozen.
	Track []func() (flush func(ctx context.Context) error)
	// Stream says that the function URL or the REST API takes answers as streams
	// (RESPONSE_STREAM). It must be what is set there: neither takes the other kind.
	Stream bool
	// BasePath is the prefix that the front puts before the paths of this program, such as
	// "/v1"; "" for none. It is taken off where a path begins with it, and put before the
	// paths of redirects.
	BasePath string
	// NeedsSIGTERM says that there is something to close when Lambda ends the process. The host
	// then calls Lambda's API at the start, so that Lambda sends SIGTERM before SIGKILL.
	NeedsSIGTERM bool
	// Logger gets what goes wrong, and a line for each event that is no request.
	// Defaults to none.
	Logger *slog.Logger
}

// Host takes events. It is safe for concurrent use. Make one with [New].
type Host struct {
	config Config
	logger *slog.Logger
	http   *httpevent.Adapter
	busy   sync.RWMutex // read-locked by each event that is being handled
	ended  atomic.Int64 // when the last one had been handled, in nanoseconds since 1970
}

// New returns the host that c describes. It calls nothing yet.
func New(c Config) *Host {
	h := &Host{config: c, logger: c.Logger}
	if h.logger == nil {
		h.logger = slog.New(slog.DiscardHandler)
	}
	if c.HTTP != nil {
		h.http = httpevent.New(named{c.HTTP}, c.BasePath)
	}
	return h
}

// named gives requests that have no id the one that Lambda gave to the event, which
// is also in Lambda's own log lines.
type named struct{ next http.Handler }

func (n named) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if id := requestID(r.Context()); id != "" && r.Header.Get("X-Request-Id") == "" {
		r.Header.Set("X-Request-Id", id)
	}
	n.next.ServeHTTP(w, r)
}

// requestID returns the id that Lambda gave to the event, or "" outside Lambda.
func requestID(ctx context.Context) string {
	if c, ok := lambdacontext.FromContext(ctx); ok {
		return c.AwsRequestID
	}
	return ""
}

// Environment returns getenv with other defaults, for Lambda: it logs in JSON, and the pool has one
// connection more than calls run at once in one environment.
func Environment(getenv func(string) string) func(string) string {
	return func(name string) string {
		value := getenv(name)
		switch {
		case value != "":
		case name == "LOG_FORMAT":
			return "json"
		case name == "DATABASE_MAX_CONNS":
			n, err := strconv.Atoi(getenv("AWS_LAMBDA_MAX_CONCURRENCY"))
			if err != nil || n < 1 {
				n = 1
			}
			return strconv.Itoa(n + 1)
		}
		return value
	}
}
