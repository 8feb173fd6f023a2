package events_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/await"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
)

// A publisher tells the relay of its own process alone, and all others only if there is none, or
// if another one works: to tell them all keeps transactions from being committed together.
func TestWhoIsToldOfEvents(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	own, other := open(t, d, s.URL), open(t, d, s.URL)
	heard := hear(t, d)

	publish(t, d, own, note{"no relay"})
	if told := heard(); told != "" {
		t.Errorf("without a relay: %q is told, want all relays", told)
	}
	stop := run(t, own)
	s.until(t, 1)
	publish(t, d, own, note{"here"})
	s.until(t, 2)
	execute(t, d, `NOTIFY outbox, 'end'`)
	if told := heard(); told != "end" {
		t.Errorf("with a relay in the process: %q is told, want nobody", told)
	}

	publish(t, d, other, note{"elsewhere"})
	if told := heard(); told != "" {
		t.Errorf("with a relay in another process: %q is told, want all relays", told)
	}
	s.want(t, "no relay", "here", "elsewhere")

	// One that works may have looked before.
	err := d.InTx(t.Context(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT FROM relay FOR UPDATE`); err != nil {
			return err
		}
		publish(t, d, own, note{"meanwhile"})
		if told := heard(); told != "" {
			t.Errorf("while another relay works: %q is told, want all relays", told)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.until(t, 4)
	stop()
	publish(t, d, own, note{"no relay any more"})
	if told := heard(); told != "" {
		t.Errorf("after the relay has ended: %q is told, want all relays", told)
	}
}

// What is published while a relay does its housekeeping, which may be much, is sent meanwhile.
func TestHousekeepingHoldsUpNothing(t *testing.T) {
	t.Parallel()
	d, s := dbtest.New(t), serve(t)
	b := open(t, d, s.URL)
	err := d.InTx(t.Context(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `LOCK TABLE run_step IN SHARE MODE`); err != nil {
			return err
		}
		run(t, b)
		eventually(t, d, `SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'run_step'::regclass AND NOT granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`)
		publish(t, d, b, note{"meanwhile"})
		s.want(t, "meanwhile")
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// hear listens to what relays are told, and returns what waits for the next of it.
func hear(t *testing.T, d *db.DB) func() string {
	t.Helper()
	conn, err := d.Direct(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	if _, err := conn.Exec(t.Context(), `LISTEN outbox`); err != nil {
		t.Fatal(err)
	}
	return func() string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), await.Patience)
		defer cancel()
		said, err := conn.WaitForNotification(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return said.Payload
	}
}
