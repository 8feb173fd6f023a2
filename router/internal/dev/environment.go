package dev

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
)

// eventKey is the key that events are sent with; the development server takes any.
const eventKey = "development"

// environment returns the app's environment, once PostgreSQL is up.
func (s *session) environment(ctx context.Context) ([]string, error) {
	if err := s.parts.postgres.wait(ctx); err != nil {
		return nil, err
	}
	dotenv, err := readDotEnv(filepath.Join(s.Root, ".env"))
	if err != nil {
		return nil, failed("The file .env cannot be read", "", err.Error())
	}
	also := lookup(slices.Concat(s.Env, dotenv), trustedOrigins)
	return environ(s.Env, dotenv, s.defaults(), append(s.own(), origins(portOf(s.proxy.listeners[0]), also))), nil
}

// defaults returns the variables that a developer may set otherwise. Mail goes to
// the file even if there is an SMTP_URL, until MAIL_SINK says smtp: a setting for
// another place sends nothing from here.
func (s *session) defaults() []variable {
	return []variable{
		{"BETTER_AUTH_SECRET", s.state.kept.AuthSecret},
		{"AUTH_RATE_LIMIT", "off"},
		{"MAIL_SINK", "file"},
	}
}

// own returns the variables that only the stack may set.
func (s *session) own() []variable {
	bucket := s.parts.bucket
	return []variable{
		{"DATABASE_URL", s.parts.databaseURL},
		{"BUCKET", bucket.Name},
		{"ENDPOINT", bucket.Endpoint},
		{"ACCESS_KEY_ID", bucket.AccessKeyID},
		{"SECRET_ACCESS_KEY", bucket.SecretAccessKey},
		{"REGION", bucket.Region},
		{"INNGEST_DEV", s.parts.inngestURL},
		{"INNGEST_EVENT_KEY", eventKey},
		{"BETTER_AUTH_URL", s.proxy.URL()},
		{"TRUSTED_PROXIES", "1"},                // the one that stands before the app
		{"CLIENT_IP_HEADER", "X-Forwarded-For"}, // which it sets
		{"MAIL_FILE", s.state.mailFile()},       // which is shown
		{"METRICS_TOKEN", s.state.kept.MetricsToken},
		{"HOST", "127.0.0.1"},
		{"PORT", ""}, // each app gets its own
		{"LOG_FORMAT", "text"},
		{"DRAIN_TIMEOUT", appDrain.String()},
	}
}

// trustedOrigins is the variable that lists the origins that may call.
const trustedOrigins = "BETTER_AUTH_TRUSTED_ORIGINS"

// origins returns the variable that trusts the page at port under each name that
// browsers know this machine by, and the origins that the developer adds.
func origins(port int, also string) variable {
	trusted := fmt.Sprintf("http://localhost:%d,http://127.0.0.1:%d", port, port)
	if also != "" {
		trusted += "," + also
	}
	return variable{trustedOrigins, trusted}
}
