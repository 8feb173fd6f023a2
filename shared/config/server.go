package config

import (
	"log/slog"
	"time"
)

// Server is how the router listens, logs and stops.
type Server struct {
	Host         string        `env:"HOST" use:"the address to listen on; all of them if not set"`
	Port         int           `env:"PORT" default:"8080" use:"the port to listen on"`
	LogFormat    string        `env:"LOG_FORMAT" default:"auto" use:"json, text, or auto: text on a terminal"`
	LogLevel     slog.Level    `env:"LOG_LEVEL" default:"info" use:"debug, info, warn or error"`
	DrainDelay   time.Duration `env:"DRAIN_DELAY" default:"0s" use:"how long requests are still taken after SIGTERM, while /readyz is 503: for proxies that look there every so often"`
	DrainTimeout time.Duration `env:"DRAIN_TIMEOUT" default:"25s" use:"how long running requests may take to finish after SIGTERM, and after DRAIN_DELAY"`
	MemoryLimit  Size          `env:"MEMORY_LIMIT" use:"how much memory the router may use, such as 512MiB; what the container has if not set, or if that is less"`
	MetricsToken Secret        `env:"METRICS_TOKEN" use:"opens /metrics to who sends it as a bearer token; there is no such page if not set"`
	// Count has each request on Lambda counted in a line of the log. It is off by default,
	// because CloudWatch makes custom metrics of these lines, and AWS charges for them.
	Count bool `env:"LAMBDA_METRICS" default:"off" use:"on: each request on Lambda leaves a line of which CloudWatch makes metrics, for which AWS charges"`
	// Stream says that Lambda's function URL passes answers on while they are written. It must
	// be what is set there.
	Stream bool `env:"LAMBDA_RESPONSE_STREAM" default:"off" use:"on: the function's URL on Lambda has the invoke mode RESPONSE_STREAM; router package sets it"`
	// BasePath is taken off the paths of requests that come in on Lambda.
	BasePath BasePath `env:"LAMBDA_BASE_PATH" use:"what stands before the paths of requests on Lambda: the base path of a custom domain, or the path of a load balancer's rule, such as /v1"`
	Client
	Public
}

// MinMemoryLimit is the least value of MEMORY_LIMIT, in bytes. A router needs more than that
// to do any work.
const MinMemoryLimit = 64 << 20

// minMetricsToken is how short a token may be, so that it cannot be guessed.
const minMetricsToken = 16

// Check implements [Checker].
func (s Server) Check(report func(name, problem string)) {
	if s.Port < 0 || s.Port > 65535 {
		report("PORT", "is malformed: want a number from 0 to 65535")
	}
	if s.MemoryLimit != 0 && s.MemoryLimit < MinMemoryLimit {
		report("MEMORY_LIMIT", "is too small: want 64MiB or more")
	}
	if s.DrainDelay < 0 {
		report("DRAIN_DELAY", "is malformed: want 0s or more")
	}
	if n := len(s.MetricsToken); n > 0 && n < minMetricsToken {
		report("METRICS_TOKEN", "is too short: want 16 characters at least, such as openssl rand -hex 16 makes")
	}
	checkOneOf(report, "LOG_FORMAT", s.LogFormat, "auto", "json", "text")
	s.Client.Check(report)
}
