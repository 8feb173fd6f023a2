package config

import (
	"encoding/hex"
	"strings"
	"time"

	"switchyard/internal/lazy"
	"switchyard/internal/project"
)

// Inngest says which Inngest server events are sent to and jobs are run by. If nothing is
// set, it is Inngest's cloud.
type Inngest struct {
	Dev     Switch `env:"INNGEST_DEV" default:"0" use:"development only: 1 or the URL of a development server; turns signatures off"`
	AppID   string `env:"INNGEST_APP_ID" use:"what Inngest knows this app by, unlike any other on the same server; the last element of the module's path if not set"`
	BaseURL URL    `env:"INNGEST_BASE_URL" use:"the URL of a self-hosted Inngest server; Inngest's cloud if not set"`
	// ResendAfter is how long Inngest may take to begin the runs of an event. A run that is
	// later than that counts as lost.
	ResendAfter time.Duration `env:"EVENTS_RESEND_AFTER" default:"30s" use:"how long Inngest may take to begin the runs of an event before it is sent again"`
}

// App returns the app's id in Inngest: INNGEST_APP_ID, or else the project's name.
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

// Events is what publishing events needs.
type Events struct {
	Inngest
	Key Secret `env:"INNGEST_EVENT_KEY" use:"the key that events are sent with; needed outside development"`
	// KeepFor and Keep bound what is remembered of runs that have ended.
	KeepFor time.Duration `env:"RUNS_KEEP_FOR" default:"48h" use:"how long runs that have ended are remembered: 48h or longer"`
	Keep    int           `env:"RUNS_KEEP" default:"100000" use:"how many of them are remembered with their steps"`
}

// MinKeepFor is the least that [Events.KeepFor] may be. If an event from outside comes a second
// time within this time, it is known to be the same one.
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

// Server returns the base URL that events are sent to, without a slash at its end.
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
	// Untried leaves out the test that this service can be reached at [Jobs.At]. It is for
	// networks in which a service cannot call itself at the URL that others call it at.
	Untried bool `env:"INNGEST_SERVE_UNTRIED" default:"off" use:"on: jobs are registered though this service cannot reach itself at the URL that Inngest is told"`
	// Connect has this service open a connection to Inngest, over which jobs are called. Then
	// nobody needs to reach this service.
	Connect bool `env:"INNGEST_CONNECT" default:"off" use:"on: jobs are called over a connection that this service opens to Inngest, so that it needs no URL"`
	// Deployment tells the releases of a service apart.
	Deployment string `env:"RAILWAY_DEPLOYMENT_ID" use:"set by Railway; tells the replicas of one release from those of another"`
	// Origin is the public URL of this service. Inngest calls it there unless Serve says
	// another URL.
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

// AtVariable returns the name of the variable that [Jobs.At] comes from; "" if none is set.
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
