package config

import (
	"encoding/hex"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"switchyard/internal/lazy"
	"switchyard/internal/project"
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
	// Count is off by default: what it makes are custom metrics, which AWS charges for.
	Count bool `env:"LAMBDA_METRICS" default:"off" use:"on: each request on Lambda leaves a line of which CloudWatch makes metrics, for which AWS charges"`
	// Stream must be on exactly where the platform passes answers on as they come.
	Stream bool `env:"LAMBDA_RESPONSE_STREAM" default:"off" use:"on: the function's URL on Lambda has the invoke mode RESPONSE_STREAM; router package sets it"`
	// BasePath is taken off the paths of requests that come in on Lambda.
	BasePath BasePath `env:"LAMBDA_BASE_PATH" use:"what stands before the paths of requests on Lambda: the base path of a custom domain, or the path of a load balancer's rule, such as /v1"`
	Client
	Public
}

// MinMemoryLimit is the least MEMORY_LIMIT, in bytes: a router that does something takes more.
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

// Database is where the data is kept.
type Database struct {
	// URL may point to a pooler in transaction mode.
	URL Secret `env:"DATABASE_URL" required:"true" use:"where the data is kept: postgres://user:password@host:5432/name"`
	// UnpooledURL is for what a pooler breaks: migrations, LISTEN, locks. See
	// [Database.Direct].
	UnpooledURL Secret `env:"DATABASE_UNPOOLED_URL" use:"the same database without a pooler, for migrations and LISTEN; defaults to DATABASE_URL"`
	// MaxConns bounds the connections of one process; pool_max_conns in URL goes before.
	MaxConns int `env:"DATABASE_MAX_CONNS" default:"10" use:"how many connections one process opens at most; 2 on Lambda"`
}

// Check implements [Checker].
func (d Database) Check(report func(name, problem string)) {
	checkDatabaseURL(report, "DATABASE_URL", d.URL)
	checkDatabaseURL(report, "DATABASE_UNPOOLED_URL", d.UnpooledURL)
	if d.MaxConns < 1 {
		report("DATABASE_MAX_CONNS", "is malformed: want a number from 1")
	}
}

// Direct returns the URL that reaches the database without a pooler.
func (d Database) Direct() string {
	if d.UnpooledURL != "" {
		return d.UnpooledURL.Reveal()
	}
	return d.URL.Reveal()
}

// Migration is what `router migrate` takes beside [Database].
type Migration struct {
	// Scratch is for a role that may not create databases.
	Scratch Secret `env:"SCRATCH_DATABASE_URL" use:"for router migrate by a role that may not create databases: an empty database of the same server's version, in which the schema is tried; nothing stays there"`
	// Deployment is as in [Jobs].
	Deployment string `env:"RAILWAY_DEPLOYMENT_ID" use:"set by Railway; tells the replicas of one release from those of another"`
}

// Check implements [Checker].
func (m Migration) Check(report func(name, problem string)) {
	checkDatabaseURL(report, "SCRATCH_DATABASE_URL", m.Scratch)
}

// checkDatabaseURL reports name unless s is empty or the address of a database. The host may
// be a parameter, such as the folder of a Unix socket.
func checkDatabaseURL(report func(name, problem string), name string, s Secret) {
	u, err := url.Parse(s.Reveal())
	if s != "" && (err != nil || (u.Host == "" && u.Query().Get("host") == "") || (u.Scheme != "postgres" && u.Scheme != "postgresql")) {
		report(name, "is malformed: want postgres://user:password@host:5432/name")
	}
}

// Bucket is where files are kept: any S3-compatible store. Railway names the
// variables as here, or as the AWS SDKs do.
type Bucket struct {
	Name            string `env:"BUCKET" also:"AWS_S3_BUCKET_NAME" required:"true" use:"the bucket's name"`
	AccessKeyID     string `env:"ACCESS_KEY_ID" also:"AWS_ACCESS_KEY_ID" required:"true" use:"the bucket's access key"`
	SecretAccessKey Secret `env:"SECRET_ACCESS_KEY" also:"AWS_SECRET_ACCESS_KEY" required:"true" use:"the secret of the bucket's access key"`
	Endpoint        URL    `env:"ENDPOINT" also:"AWS_ENDPOINT_URL" required:"true" use:"the URL of the S3 server: https://storage.railway.app"`
	Region          string `env:"REGION" also:"AWS_REGION,AWS_DEFAULT_REGION" default:"auto" use:"the bucket's region"`
	// URLStyle is where the bucket's name stands: virtual, in the host name; or
	// path. See [Bucket.PathStyle].
	URLStyle string `env:"AWS_S3_URL_STYLE" default:"auto" use:"virtual, path, or auto: path if ENDPOINT is an address"`
	Role
}

// Role is what AWS gives a program that runs in a role: a key, its secret, and a token,
// of use only together. A bucket may be used with them if no key of its own is set.
type Role struct {
	RoleKeyID  string `env:"AWS_ACCESS_KEY_ID" use:"the access key that AWS gives to what runs in a role"`
	RoleSecret Secret `env:"AWS_SECRET_ACCESS_KEY" use:"the secret of AWS_ACCESS_KEY_ID"`
	RoleToken  Secret `env:"AWS_SESSION_TOKEN" use:"the token that AWS_ACCESS_KEY_ID is good for nothing without, if it is a role's"`
}

// Check implements [Checker].
func (b Bucket) Check(report func(name, problem string)) {
	checkOneOf(report, "AWS_S3_URL_STYLE", b.URLStyle, "auto", "virtual", "path")
	if b.RoleToken == "" { // any key and secret may be a pair
		return
	}
	if own := b.AccessKeyID != b.RoleKeyID; own && b.SecretAccessKey == b.RoleSecret {
		report("SECRET_ACCESS_KEY", "is not set, but ACCESS_KEY_ID is; the secret of AWS's role is none for it")
	} else if !own && b.SecretAccessKey != b.RoleSecret {
		report("ACCESS_KEY_ID", "is not set, but SECRET_ACCESS_KEY is; it is no secret for the key of AWS's role")
	}
}

// SessionToken returns the token that goes with the access key: that of the role if the
// key is the role's, else "". A key of its own is never sent with the role's token.
func (b Bucket) SessionToken() Secret {
	if b.AccessKeyID != b.RoleKeyID {
		return ""
	}
	return b.RoleToken
}

// Permissions implements [Permitted]: what package bucket does with one bucket. Listing
// it is among them because S3 answers 403 for an object that is not there to who may not.
func (Bucket) Permissions() []Permission {
	return []Permission{
		{
			Actions:   []string{"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"},
			Resources: []string{"s3:::${BUCKET}/*"}, Unless: "ACCESS_KEY_ID",
		},
		{Actions: []string{"s3:ListBucket", "s3:ListBucketMultipartUploads"}, Resources: []string{"s3:::${BUCKET}"}, Unless: "ACCESS_KEY_ID"},
	}
}

// PathStyle reports whether the bucket's name belongs into the path.
func (b Bucket) PathStyle() bool {
	return b.URLStyle == "path" || (b.URLStyle == "auto" && b.Endpoint.IsLocal())
}

// Inngest is what publishing events and running jobs have in common: which
// Inngest it is. Without a variable it is Inngest's cloud.
type Inngest struct {
	Dev     Switch `env:"INNGEST_DEV" default:"0" use:"development only: 1 or the URL of a development server; turns signatures off"`
	AppID   string `env:"INNGEST_APP_ID" use:"what Inngest knows this app by, unlike any other on the same server; the last element of the module's path if not set"`
	BaseURL URL    `env:"INNGEST_BASE_URL" use:"the URL of a self-hosted Inngest server; Inngest's cloud if not set"`
	// ResendAfter is also how late a run may be before it counts as lost.
	ResendAfter time.Duration `env:"EVENTS_RESEND_AFTER" default:"30s" use:"how long Inngest may take to begin the runs of an event before it is sent again"`
}

// Events is what publishing events needs.
type Events struct {
	Inngest
	Key Secret `env:"INNGEST_EVENT_KEY" use:"the key that events are sent with; needed outside development"`
	// KeepFor and Keep bound what is remembered of runs that have ended.
	KeepFor time.Duration `env:"RUNS_KEEP_FOR" default:"48h" use:"how long runs that have ended are remembered: 48h or longer"`
	Keep    int           `env:"RUNS_KEEP" default:"100000" use:"how many of them are remembered with their steps"`
}

// MinKeepFor is the least that [Events.KeepFor] may be: so long an event from outside is
// known when it comes again.
const MinKeepFor = 48 * time.Hour

// Check implements [Checker].
func (e Events) Check(report func(name, problem string)) {
	e.checkID(report)
	if e.Key == "" && !e.Dev.On {
		report("INNGEST_EVENT_KEY", "is not set")
	}
	if e.ResendAfter < time.Second {
		report("EVENTS_RESEND_AFTER", "is malformed: want 1s or more")
	}
	if e.KeepFor < MinKeepFor {
		report("RUNS_KEEP_FOR", "is malformed: want 48h or more")
	}
	if e.Keep < 1 {
		report("RUNS_KEEP", "is malformed: want 1 or more")
	}
}

// Server returns the base URL that events are sent to.
func (e Events) Server() string { return e.server("https://inn.gs") }

// Jobs is what running jobs needs.
type Jobs struct {
	Inngest
	SigningKey Secret `env:"INNGEST_SIGNING_KEY" use:"the key that Inngest signs its calls with; needed outside development"`
	// SigningKeyFallback is accepted too, while the key is being replaced.
	SigningKeyFallback Secret `env:"INNGEST_SIGNING_KEY_FALLBACK" use:"another key that Inngest may sign with, while the key is being replaced"`
	// Serve is where Inngest reaches this service, if that is not its public URL: see
	// [Jobs.At].
	Serve URL `env:"INNGEST_SERVE_ORIGIN" use:"the URL at which Inngest reaches this service, if not BETTER_AUTH_URL: http://jobs.railway.internal:8080"`
	// Untried is for networks in which a service cannot reach itself as others do.
	Untried bool `env:"INNGEST_SERVE_UNTRIED" default:"off" use:"on: jobs are registered though this service cannot reach itself at the URL that Inngest is told"`
	// Connect turns the call's direction round: nobody needs to reach this service.
	Connect bool `env:"INNGEST_CONNECT" default:"off" use:"on: jobs are called over a connection that this service opens to Inngest, so that it needs no URL"`
	// Deployment tells the releases of a service apart.
	Deployment string `env:"RAILWAY_DEPLOYMENT_ID" use:"set by Railway; tells the replicas of one release from those of another"`
	// Origin is the public URL.
	Origin URL `env:"BETTER_AUTH_URL" also:"RAILWAY_PUBLIC_DOMAIN" use:"the public URL of this service; needed outside development"`
}

// Check implements [Checker].
func (j Jobs) Check(report func(name, problem string)) {
	j.checkID(report)
	if j.Dev.On {
		return
	}
	const malformed = "is malformed: want hexadecimal digits, with or without signkey-…- before them"
	switch {
	case j.SigningKey == "":
		report("INNGEST_SIGNING_KEY", "is not set")
	case !isSigningKey(j.SigningKey.Reveal()):
		report("INNGEST_SIGNING_KEY", malformed)
	}
	if fallback := j.SigningKeyFallback.Reveal(); fallback != "" && !isSigningKey(fallback) {
		report("INNGEST_SIGNING_KEY_FALLBACK", malformed)
	}
	if !j.Connect && !j.At().IsSet() {
		report("BETTER_AUTH_URL", "is not set, and INNGEST_SERVE_ORIGIN neither")
	}
}

// At returns the base URL at which Inngest reaches this service.
func (j Jobs) At() URL {
	if j.Serve.IsSet() {
		return j.Serve
	}
	return j.Origin
}

// AtVariable returns the name of the variable that says so, or "" if none does.
func (j Jobs) AtVariable() string {
	switch {
	case j.Serve.IsSet():
		return "INNGEST_SERVE_ORIGIN"
	case j.Origin.IsSet():
		return "BETTER_AUTH_URL"
	}
	return ""
}

// isSigningKey reports whether key looks like Inngest's: "signkey-prod-" and
// hexadecimal digits, or the digits alone, as a self-hosted server has them.
func isSigningKey(key string) bool {
	if parts := strings.SplitN(key, "-", 3); len(parts) == 3 && parts[0] == "signkey" {
		key = parts[2]
	}
	digits, err := hex.DecodeString(key)
	return err == nil && len(digits) > 0
}

// Server returns the base URL of the API that functions are registered with.
func (j Jobs) Server() string { return j.server("https://api.inngest.com") }

// App returns the app's id in Inngest.
func (i Inngest) App() string {
	if i.AppID != "" {
		return i.AppID
	}
	return notInID.Get().ReplaceAllString(project.Name(), "-")
}

// appID matches the ids that an app may have, and notInID what none of them holds.
var (
	appID   = lazy.Regexp{Source: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`}
	notInID = lazy.Regexp{Source: `[^A-Za-z0-9._-]+`}
)

func (i Inngest) checkID(report func(name, problem string)) {
	if i.AppID != "" && !appID.Get().MatchString(i.AppID) {
		report("INNGEST_APP_ID", "is malformed: want at most 64 letters, digits, dots, dashes and underscores")
	}
}

func (i Inngest) server(cloud string) string {
	switch {
	case i.Dev.Server.IsSet():
		return i.Dev.Server.String()
	case i.BaseURL.IsSet():
		return i.BaseURL.String()
	case i.Dev.On:
		return "http://127.0.0.1:8288"
	}
	return cloud
}
