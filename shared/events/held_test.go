package events_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/fault"
)

func TestAt(t *testing.T) {
	t.Parallel()
	now := time.Now()
	hour, day := now.Add(time.Hour), now.Add(24*time.Hour)
	for name, tt := range map[string]struct {
		e    events.Event
		held time.Time // zero: it is sent now
		key  string
		data string
	}{
		"later":            {events.At(hour, note{"a"}), hour, "", `{"text": "a"}`},
		"with a key":       {events.At(hour, move{"x", 1}), hour, "x", `{"nr": 1, "game": "x"}`},
		"another zone":     {events.At(hour.In(time.FixedZone("east", 12*60*60)), note{"a"}), hour, "", `{"text": "a"}`},
		"past":             {events.At(now.Add(-time.Hour), note{"a"}), time.Time{}, "", `{"text": "a"}`},
		"no time":          {events.At(time.Time{}, move{"x", 1}), time.Time{}, "x", `{"nr": 1, "game": "x"}`},
		"twice":            {events.At(day, events.At(hour, note{"a"})), day, "", `{"text": "a"}`},
		"twice, then past": {events.At(now, events.At(hour, note{"a"})), time.Time{}, "", `{"text": "a"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t)
			b := open(t, d, "http://127.0.0.1:1")
			begun := time.Now()
			publish(t, d, b, tt.e)
			var got struct {
				state, name, key, data string
				created, next          time.Time
			}
			err := d.QueryRow(t.Context(), `SELECT state, name, coalesce(key, ''), data, created_at, next_at FROM outbox`).Scan(
				&got.state, &got.name, &got.key, &got.data, &got.created, &got.next)
			if err != nil {
				t.Fatal(err)
			}
			state, next := "held", tt.held
			if next.IsZero() {
				state, next = "waiting", begun
			}
			if got.state != state || got.name != "test/note" || got.key != tt.key || got.data != tt.data {
				t.Errorf("got %+v", got)
			}
			if off := got.next.Sub(next).Abs(); off > time.Minute || state == "held" && off > time.Millisecond || got.created.Sub(begun).Abs() > time.Minute {
				t.Errorf("published at %s for %s, want %s", got.created, got.next, next)
			}
		})
	}
}

func TestAtRefuses(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	b := open(t, d, "http://127.0.0.1:1")
	for name, e := range map[string]events.Event{
		"milliseconds as seconds": events.At(time.Unix(time.Now().UnixMilli(), 0), note{}),
		"no name":                 events.At(time.Now().Add(time.Hour), named{""}),
		"not JSON":                events.At(time.Now().Add(time.Hour), unwritable{}),
	} {
		err := d.InTx(t.Context(), func(tx pgx.Tx) error { return b.Publish(t.Context(), tx, e) })
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want fault.Invalid", name, err)
		}
	}
}

// other is an event of another name with the keys of moves.
type other struct{ move }

func (other) EventName() string { return "test/other" }

func TestCancel(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	b := open(t, d, "http://127.0.0.1:1")
	later := time.Now().Add(time.Hour)
	publish(t, d, b, move{"x", 1}, events.At(later, move{"x", 2}), events.At(later, move{"x", 3}), events.At(later, move{"y", 4}),
		events.At(later, other{move{"x", 5}}), events.At(later, note{}))
	err := d.InTx(t.Context(), func(tx pgx.Tx) error {
		if err := b.Publish(t.Context(), tx, events.At(later, move{"x", 6})); err != nil {
			return err
		}
		n, err := b.Cancel(t.Context(), tx, move{Game: "x", Nr: 100})
		if n != 3 {
			t.Errorf("%d were cancelled, want 3: two, and one of the same transaction", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	yes(t, d, `SELECT string_agg(data->>'nr', ' ' ORDER BY seq) = '1 4 5' FROM outbox WHERE key IS NOT NULL`)
	come(t, d)
	releaseAll(t, b)
	err = d.InTx(t.Context(), func(tx pgx.Tx) error {
		n, err := b.Cancel(t.Context(), tx, move{Game: "y"})
		if n != 0 {
			t.Errorf("%d were cancelled whose time had come", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = d.InTx(t.Context(), func(tx pgx.Tx) error {
		_, err := b.Cancel(t.Context(), tx, move{})
		return err
	})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("without a key: %v, want fault.Invalid", err)
	}
}
