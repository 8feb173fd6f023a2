// Package events publishes events that take effect if, and only if, the
// transaction they are published in commits.
//
// [Bus.Publish] writes into the table outbox; [Bus.Relay] sends what has been
// committed to Inngest, which runs the jobs that listen. An event is done when
// those runs have ended, as package ledger knows from the durable host, and not when
// Inngest has taken it: what Inngest loses is sent again. An event may arrive more
// than once, always under the same id, by which Inngest and the host know it.
//
//	held ─ waiting ─ sent ─ begun ─ done: deleted
//	              └──────┴──────┴─ dead: refused by Inngest, or no run of it ever began
//
// How much Inngest is given at once depends on how fast it begins runs: see [Window]. The
// rest waits in the outbox, where it is cheap, in order, and holds up nothing else.
package events

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"switchyard/shared/config"
	"switchyard/shared/db"
)

// MaxSize is how large the data of one event may be as JSON, in bytes.
const MaxSize = 512 << 10

// Event is something that happened. The struct that implements it, by value, is
// the event's data: it is sent as JSON.
type Event interface {
	// EventName returns the event's name, such as "order/placed".
	EventName() string
}

// Keyed is an event that belongs to something: an order, an account. Events of one
// key take effect one after another, in the order in which they were published: the
// next is sent when all runs of the one before have ended.
type Keyed interface {
	Event
	// EventKey returns the key, such as "order/17"; "" is none.
	EventKey() string
}

// Bus publishes events and relays them to Inngest.
type Bus struct {
	db     *db.DB
	url    string // where events are sent; holds the key
	key    config.Secret
	app    string // that the events are of
	client *http.Client
	resend time.Duration // how long Inngest may take to begin a run
	memory memory

	relays atomic.Int32  // of this bus that look as soon as they are told
	news   chan struct{} // has a token if they are to look: see Bus.wakes

	metrics   *metrics
	published atomic.Int64 // how many events were to be sent at once, committed or not; see Track
}

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
	return &Bus{
		db:     d,
		url:    c.Server() + "/e/" + url.PathEscape(key),
		key:    c.Key,
		app:    c.App(),
		resend: cmp.Or(c.ResendAfter, 30*time.Second),
		memory: memory{keepFor: cmp.Or(c.KeepFor, config.MinKeepFor), keep: cmp.Or(c.Keep, defaultKeep)},
		client: &http.Client{
			Transport: transport.Clone(),
			Timeout:   sendTimeout,
			// A redirect would take the key along, in the URL and as the referrer.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		news:    make(chan struct{}, 1),
		metrics: newMetrics(d),
	}, nil
}

// Close closes the connections to Inngest. It may be called more than once.
func (b *Bus) Close() error {
	b.client.CloseIdleConnections()
	return nil
}
