package mail_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/mail"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// open returns an empty queue and its database.
func open(t *testing.T) (*mail.Queue, *db.DB) {
	t.Helper()
	d := dbtest.New(t)
	bus, err := events.Open(t.Context(), config.Events{Key: "key"}, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	q, err := mail.Open(t.Context(), d, bus)
	if err != nil {
		t.Fatal(err)
	}
	return q, d
}

func message(life time.Duration) mail.Message {
	return mail.Message{
		To: "ada@example.com", Subject: "Hello", Text: "Hello, Ada", HTML: "<p>Hello, Ada",
		URL: "https://shop.example/x?token=geheim", Token: "geheim",
		ExpiresAt: time.Now().UTC().Add(life).Truncate(time.Microsecond),
	}
}

// add queues m in a transaction of its own and returns the event that says so, as
// it is sent.
func add(t *testing.T, q *mail.Queue, d *db.DB, m mail.Message) (id uuid.UUID, event string) {
	t.Helper()
	if err := d.InTx(t.Context(), func(tx pgx.Tx) error { return q.Add(t.Context(), tx, m) }); err != nil {
		t.Fatal(err)
	}
	err := d.QueryRow(t.Context(), `SELECT data FROM outbox WHERE name = $1 ORDER BY id DESC LIMIT 1`, mail.EventQueued).Scan(&event)
	if err != nil {
		t.Fatal(err)
	}
	var queued mail.Queued
	if err := json.Unmarshal([]byte(event), &queued); err != nil {
		t.Fatal(err)
	}
	return queued.MailID, event
}

// count returns how many rows the table has.
func count(t *testing.T, d *db.DB, table string) (n int) {
	t.Helper()
	if err := d.QueryRow(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAMessageWaitsUntilItIsDone(t *testing.T) {
	t.Parallel()
	q, d := open(t)
	want := message(time.Hour)
	id, event := add(t, q, d, want)
	want.ID = id
	got, err := q.Get(t.Context(), id)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Get: %v, (-want +got):\n%s", err, diff)
	}
	for _, private := range []string{want.To, want.Subject, want.Token} {
		if strings.Contains(event, private) {
			t.Errorf("the event says %q: %s", private, event)
		}
	}
	for range 2 {
		if err := q.Done(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := q.Get(t.Context(), id); !fault.Is(err, fault.NotFound) {
		t.Errorf("Get after Done: %v, want fault.NotFound", err)
	}
}

func TestWhatIsRolledBackIsNotSent(t *testing.T) {
	t.Parallel()
	q, d := open(t)
	gone := errors.New("gone")
	err := d.InTx(t.Context(), func(tx pgx.Tx) error {
		return errors.Join(q.Add(t.Context(), tx, message(time.Hour)), gone)
	})
	if !errors.Is(err, gone) {
		t.Fatal(err)
	}
	if rows, events := count(t, d, "mail"), count(t, d, "outbox"); rows != 0 || events != 0 {
		t.Errorf("%d messages and %d events, want none", rows, events)
	}
}

func TestWhatHasPassedIsGone(t *testing.T) {
	t.Parallel()
	q, d := open(t)
	old, _ := add(t, q, d, message(-time.Second))
	if _, err := q.Get(t.Context(), old); !fault.Is(err, fault.NotFound) {
		t.Errorf("Get of one whose time has passed: %v, want fault.NotFound", err)
	}
	for range 249 {
		add(t, q, d, message(-time.Minute))
	}
	sent, _ := add(t, q, d, message(time.Hour))
	kept, _ := add(t, q, d, message(time.Hour))
	for i, want := range []int{151, 51, 1, 1} {
		if err := q.Done(t.Context(), sent); err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, "mail"); n != want {
			t.Errorf("after Done %d: %d messages are left, want %d", i+1, n, want)
		}
	}
	if _, err := q.Get(t.Context(), kept); err != nil {
		t.Errorf("the one that waits: %v", err)
	}
}

// What a message says may sign somebody in: no error repeats it.
func TestErrorsSayNothing(t *testing.T) {
	t.Parallel()
	q, d := open(t)
	m := message(time.Hour)
	m.Text = "geheim\x00"
	err := d.InTx(t.Context(), func(tx pgx.Tx) error { return q.Add(t.Context(), tx, m) })
	if err == nil || strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), m.To) {
		t.Errorf("Add of text with a zero byte: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.Get(ctx, uuid.New()); err == nil || fault.Is(err, fault.NotFound) {
		t.Errorf("Get without a database: %v, want its error", err)
	}
	if err := q.Done(ctx, uuid.New()); err == nil {
		t.Error("Done without a database succeeds")
	}
}
