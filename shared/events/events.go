// Package events publishes events that take effect if, and only if, the
// transaction they are published in commits.
//
// [Bus.Publish] writes into the table outbox; [Bus.Run] sends what has been
// committed to Inngest, which runs the jobs that listen, and keeps it until they
// have: what Inngest loses is sent again. An event may arrive more than once,
// always under the same id, by which Inngest and the jobs' host know it.
package events

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/shared/config"
	"switchyard/shared/db"
)

// Event is something that happened. The struct that implements it, by value, is
// the event's data: it is sent as JSON.
type Event interface {
	// EventName returns the event's name, such as "file/uploaded".
	EventName() string
}

// Keyed is an event that takes effect in order: it is sent when every job that
// handles an earlier event of the same key has ended. Keys are one space for events
// of all names.
type Keyed interface {
	Event
	// EventKey returns the key, such as "file/" and an id; none if it is empty.
	EventKey() string
}

// Bus publishes events and relays them to Inngest.
type Bus struct {
	db      *db.DB
	url     string // where events are sent; holds the key
	key     config.Secret
	resend  time.Duration
	client  *http.Client
	metrics *metrics
}

// defaultResend is config.Events.ResendAfter if that is zero.
const defaultResend = 30 * time.Second

// Open returns a bus that keeps its events in d and sends them to the Inngest
// server that c names.
func Open(_ context.Context, c config.Events, d *db.DB) (*Bus, error) {
	key := c.Key.Reveal()
	if key == "" {
		key = "dev" // any key is as good as another to a development server
	}
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	if c.ResendAfter == 0 {
		c.ResendAfter = defaultResend
	}
	return &Bus{
		db:     d,
		url:    c.Server() + "/e/" + url.PathEscape(key),
		key:    c.Key,
		resend: c.ResendAfter,
		client: &http.Client{
			Transport: transport.Clone(),
			Timeout:   sendTimeout,
			// A redirect would take the key along, in the URL and as the referrer.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		metrics: newMetrics(d),
	}, nil
}

// Close closes the connections to Inngest. It may be called more than once.
func (b *Bus) Close() error {
	b.client.CloseIdleConnections()
	return nil
}

// Collectors returns the metrics of the outbox and of this process's relay.
func (b *Bus) Collectors() []prometheus.Collector { return b.metrics.all() }
