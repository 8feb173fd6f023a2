package stack

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"time"
)

// HostedOptions is how Inngest is started as one hosts it oneself.
type HostedOptions struct {
	Options
	// SigningKey is an even number of hexadecimal digits.
	SigningKey string
	EventKey   string
	// Postgres is the URL of the database for functions and history. It wants a
	// PostgreSQL of its own: it opens up to 100 connections. Defaults to SQLite in Dir.
	Postgres string
	// Redis is the URL of the server for events in work, queues and the state of
	// runs. Defaults to none: they are in memory, and end with the server.
	Redis string
	// Retry is the time between two tries of a step, in whole seconds. Defaults
	// to the server's own: 15 s, 30 s, 1 min and so on to 2 h.
	Retry time.Duration
}

// StartHostedInngest starts the Inngest server, which [BuildInngest] finds or builds,
// as in production, and returns when it answers. Started again with the same
// options it is the same server; give it a Port for that.
//
// Its API listens on 127.0.0.1 alone, but the three ports of Connect, which
// cannot be turned off, on all interfaces.
func StartHostedInngest(ctx context.Context, o HostedOptions) (*Inngest, error) {
	if o.SigningKey == "" || o.EventKey == "" {
		return nil, errors.New("stack: a hosted Inngest needs a SigningKey and an EventKey")
	}
	settings := []string{"INNGEST_SIGNING_KEY=" + o.SigningKey, "INNGEST_EVENT_KEY=" + o.EventKey, "INNGEST_NO_UI=true"}
	if o.Postgres != "" {
		settings = append(settings, "INNGEST_POSTGRES_URI="+o.Postgres)
	} else {
		if err := o.prepare(); err != nil {
			return nil, err
		}
		settings = append(settings, "INNGEST_SQLITE_DIR="+filepath.Join(o.Dir, "inngest"))
	}
	if o.Redis != "" {
		settings = append(settings, "INNGEST_REDIS_URI="+o.Redis)
	}
	if o.Retry > 0 {
		settings = append(settings, "INNGEST_RETRY_INTERVAL="+strconv.Itoa(int(o.Retry.Seconds())))
	}
	return launchInngest(ctx, o.Options, Inngest{EventKey: o.EventKey, SigningKey: o.SigningKey}, "inngest", "start", settings...)
}
