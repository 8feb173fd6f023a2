// Package events publishes events that take effect if, and only if, the
// transaction they are published in commits.
//
// [Bus.Publish] writes into the table outbox; [Bus.Run] sends what has been
// committed to Inngest, which runs the jobs that listen. An event may arrive more
// than once, always under the same id, by which Inngest knows it.
package events

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/fault"
)

// MaxSize is how large the data of one event may be as JSON, in bytes.
const MaxSize = 512 << 10

// Event is something that happened. The struct that implements it, by value, is
// the event's data: it is sent as JSON.
type Event interface {
	// EventName returns the event's name, such as "file/uploaded".
	EventName() string
}

// Bus publishes events and relays them to Inngest.
type Bus struct {
	db     *db.DB
	url    string // where events are sent; holds the key
	key    config.Secret
	client *http.Client
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
		db:  d,
		url: c.Server() + "/e/" + url.PathEscape(key),
		key: c.Key,
		client: &http.Client{
			Transport: transport.Clone(),
			Timeout:   sendTimeout,
			// A redirect would take the key along, in the URL and as the referrer.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Close closes the connections to Inngest. It may be called more than once.
func (b *Bus) Close() error {
	b.client.CloseIdleConnections()
	return nil
}

// insert adds the events and tells the relays, who hear of it with the commit.
const insert = `
	WITH added AS (
		INSERT INTO outbox (id, name, data)
		SELECT id, name, data::jsonb FROM unnest($1::uuid[], $2::text[], $3::text[]) AS e (id, name, data)
	)
	SELECT pg_notify('` + channel + `', '')`

// Publish writes the events into the outbox as a part of tx: they are sent once tx
// has committed, and never if it has not. It does not wait for Inngest.
//
// An event without a name, with one that Inngest keeps for itself ("inngest/…"),
// or of more than [MaxSize] is fault.Invalid, and so is text with a zero byte,
// which PostgreSQL cannot hold.
func (b *Bus) Publish(ctx context.Context, tx pgx.Tx, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(events))
	names := make([]string, len(events))
	data := make([]string, len(events))
	for i, e := range events {
		var err error
		if names[i], data[i], err = encode(e); err != nil {
			return err
		}
		if ids[i], err = uuid.NewV7(); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, insert, ids, names, data)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && (refused.Code == "22P05" || refused.Code == "22021") {
		return fault.New(fault.Invalid, "Text must not contain a zero byte.").Because(err)
	}
	return err
}

// encode returns the event's name and its data as JSON.
func encode(e Event) (name, data string, err error) {
	name = e.EventName()
	switch {
	case strings.TrimSpace(name) == "":
		return "", "", fault.New(fault.Invalid, "An event needs a name.")
	case strings.HasPrefix(name, "inngest/"):
		return "", "", fault.New(fault.Invalid, "The event name %s is not allowed: inngest/ is reserved.", name)
	}
	text, err := json.Marshal(e)
	if err != nil {
		return "", "", fault.New(fault.Invalid, "The event %s cannot be written as JSON.", name).Because(err)
	}
	if len(text) > MaxSize {
		return "", "", fault.New(fault.Invalid, "The event %s is too large: %d bytes, of %d at most.", name, len(text), MaxSize)
	}
	return name, string(text), nil
}
