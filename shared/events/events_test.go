package events_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/fault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// key is what must not be seen anywhere.
const key = "geheim"

// note is an event.
type note struct {
	Text string `json:"text"`
}

func (note) EventName() string { return "test/note" }

// named is an event of any name.
type named struct{ name string }

func (n named) EventName() string { return n.name }

// unwritable is an event that JSON has no words for.
type unwritable struct{ C chan int }

func (unwritable) EventName() string { return "test/unwritable" }

// open returns a bus that keeps its events in d and sends them to server.
func open(t *testing.T, d *db.DB, server string) *events.Bus {
	t.Helper()
	return openImpatient(t, d, server, 0)
}

// openImpatient is open for a bus that sends again after the time resend.
func openImpatient(t *testing.T, d *db.DB, server string, resend time.Duration) *events.Bus {
	t.Helper()
	c := config.Events{Key: key}
	c.ResendAfter = resend
	if err := c.BaseURL.UnmarshalText([]byte(server)); err != nil {
		t.Fatal(err)
	}
	b, err := events.Open(t.Context(), c, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// publish publishes the events in a transaction of their own.
func publish(t *testing.T, d *db.DB, b *events.Bus, es ...events.Event) {
	t.Helper()
	err := d.InTx(t.Context(), func(tx pgx.Tx) error { return b.Publish(t.Context(), tx, es...) })
	if err != nil {
		t.Fatal(err)
	}
}

// waiting returns how many events Inngest has not taken.
func waiting(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.QueryRow(t.Context(), `SELECT count(*) FROM outbox WHERE state = 'waiting'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	b := open(t, d, "http://127.0.0.1:1")
	for name, e := range map[string]events.Event{
		"no name":       named{" "},
		"reserved name": named{"inngest/function.failed"},
		"not JSON":      unwritable{},
		"too large":     note{strings.Repeat("x", events.MaxSize)},
		"zero in data":  note{"a\x00b"},
		"zero in name":  named{"a\x00b"},
	} {
		err := d.InTx(t.Context(), func(tx pgx.Tx) error { return b.Publish(t.Context(), tx, note{"good"}, e) })
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want fault.Invalid", name, err)
		}
	}
	if n := waiting(t, d); n != 0 {
		t.Errorf("%d events are in the outbox, want none", n)
	}
	publish(t, d, b)
	publish(t, d, b, note{strings.Repeat("x", events.MaxSize-len(`{"text":""}`))})
	if n := waiting(t, d); n != 1 {
		t.Errorf("%d events are in the outbox, want the one of the greatest size allowed", n)
	}
}

func TestOnlyWhatCommitsIsSent(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	gone := errors.New("gone")
	err := d.InTx(t.Context(), func(tx pgx.Tx) error {
		return errors.Join(b.Publish(t.Context(), tx, note{"rolled back"}), gone)
	})
	if !errors.Is(err, gone) {
		t.Fatal(err)
	}
	publish(t, d, b, note{"first"}, note{"second"})

	// A relay that is asked to end before it begins still sends what is waiting.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Relay(ctx, slog.New(slog.DiscardHandler)); err != nil {
		t.Errorf("Relay: %v, want nil", err)
	}
	s.want(t, "first", "second")
	if n := waiting(t, d); n != 0 {
		t.Errorf("%d events are still in the outbox, want none", n)
	}
}
