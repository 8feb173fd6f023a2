package mail_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	job "switchyard/functions/jobs/mail"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/mail"
	"switchyard/shared/mailer"
	"switchyard/shared/mailer/mailertest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// newFunction returns the job with a database of its own, sending to server.
func newFunction(t *testing.T, server *mailertest.Server) (job.Function, *db.DB) {
	t.Helper()
	d := dbtest.New(t)
	bus, err := events.Open(t.Context(), config.Events{Key: "key"}, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	queue, err := mail.Open(t.Context(), d, bus)
	if err != nil {
		t.Fatal(err)
	}
	box, err := mailer.Open(t.Context(), config.Mail{
		SMTP: config.Secret(server.URL()), From: "Shop <shop@shop.example>", Sink: "smtp",
	})
	if err != nil {
		t.Fatal(err)
	}
	return job.Function{Mail: queue, Mailer: box}, d
}

// queue queues a mail with this much time left, and returns its event.
func queue(t *testing.T, f job.Function, d *db.DB, left time.Duration) *mail.Queued {
	t.Helper()
	err := d.InTx(t.Context(), func(tx pgx.Tx) error {
		return f.Mail.Add(t.Context(), tx, mail.Message{
			To: "ada@example.com", Subject: "Hello", Text: "Hello", HTML: "<p>Hello", ExpiresAt: time.Now().Add(left),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	var data []byte
	var event mail.Queued
	err = d.QueryRow(t.Context(), `SELECT data FROM outbox WHERE name = $1 ORDER BY id DESC LIMIT 1`, mail.EventQueued).Scan(&data)
	if err != nil || json.Unmarshal(data, &event) != nil {
		t.Fatalf("the event is %s, %v", data, err)
	}
	return &event
}

// waiting returns how many mails are in the table.
func waiting(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.QueryRow(t.Context(), `SELECT count(*) FROM mail`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMailIsSentOnce(t *testing.T) {
	t.Parallel()
	server := mailertest.Start(t, mailertest.Options{})
	f, d := newFunction(t, server)
	event := queue(t, f, d, time.Hour)
	for _, sent := range []bool{true, false} { // an event may come again
		out, err := f.Handle(t.Context(), event)
		if err != nil || out.Sent != sent {
			t.Errorf("sent: %+v, %v; want %t", out, err, sent)
		}
	}
	if got := server.Received(); len(got) != 1 || got[0].To != "ada@example.com" {
		t.Errorf("the server got %+v", got)
	}
	if n := waiting(t, d); n != 0 {
		t.Errorf("%d mails wait, want none", n)
	}
}

// A mail whose time has passed ends its run quietly, and goes.
func TestLateMailIsNotSent(t *testing.T) {
	t.Parallel()
	server := mailertest.Start(t, mailertest.Options{})
	f, d := newFunction(t, server)
	for _, event := range []*mail.Queued{queue(t, f, d, -time.Second), {MailID: uuid.New()}} {
		if out, err := f.Handle(t.Context(), event); err != nil || out.Sent {
			t.Errorf("%+v, %v; want nothing sent, and no error", out, err)
		}
	}
	if got := server.Received(); len(got) != 0 {
		t.Errorf("the server got %+v", got)
	}
	if n := waiting(t, d); n != 0 {
		t.Errorf("%d mails wait, want none", n)
	}
}

// Whatever the server says no to waits, and only a refusal for good is not tried
// again.
func TestRefusedMailWaits(t *testing.T) {
	t.Parallel()
	for code, permanent := range map[int]bool{550: true, 450: false} {
		server := mailertest.Start(t, mailertest.Options{To: func(string) error {
			return &smtp.SMTPError{Code: code, Message: "no"}
		}})
		f, d := newFunction(t, server)
		_, err := f.Handle(t.Context(), queue(t, f, d, time.Hour))
		if _, is := errors.AsType[*fault.PermanentError](err); err == nil || is != permanent {
			t.Errorf("%d: %v, want permanent: %t", code, err, permanent)
		}
		if n := waiting(t, d); n != 1 {
			t.Errorf("%d: %d mails wait, want it", code, n)
		}
	}
}
