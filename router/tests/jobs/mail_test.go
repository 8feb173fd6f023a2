package jobs_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/await"
	"switchyard/router/internal/routertest"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/mail"
	"switchyard/shared/mailer/mailertest"
)

// outgoing is the queue of a router's mail, as a function uses it.
type outgoing struct {
	t     *testing.T
	db    *db.DB
	queue *mail.Queue
}

// sending returns env with mail going out by server.
func sending(env []string, server *mailertest.Server) []string {
	return append(env, "MAIL_SINK=smtp", "SMTP_URL="+server.URL(), "MAIL_FROM=Shop <shop@example.com>")
}

func openOutgoing(t *testing.T, env []string) outgoing {
	t.Helper()
	d := routertest.DB(t, env)
	bus, err := events.Open(t.Context(), config.Read[config.Events](routertest.Reader(env)), d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	q, err := mail.Open(t.Context(), d, bus)
	if err != nil {
		t.Fatal(err)
	}
	return outgoing{t: t, db: d, queue: q}
}

// add queues a mail to the address to.
func (o outgoing) add(to string) {
	o.t.Helper()
	m := mail.Message{To: to, Subject: "Hello", Text: "Hello", HTML: "<p>Hello", ExpiresAt: time.Now().Add(time.Hour)}
	err := o.db.InTx(o.t.Context(), func(tx pgx.Tx) error { return o.queue.Add(o.t.Context(), tx, m) })
	if err != nil {
		o.t.Fatal(err)
	}
}

// settled waits until the server has a mail to each of these addresses and none
// waits any more, and expects no mail twice.
func (o outgoing) settled(server *mailertest.Server, addresses ...string) {
	o.t.Helper()
	await.That(o.t, "no mail waits", func() bool {
		var n int
		if err := o.db.QueryRow(o.t.Context(), `SELECT count(*) FROM mail`).Scan(&n); err != nil {
			o.t.Fatal(err)
		}
		return n == 0
	})
	got := map[string]int{}
	for _, m := range server.Received() {
		got[m.To]++
	}
	for _, to := range addresses {
		if got[to] != 1 {
			o.t.Errorf("%s got %d mails, want 1", to, got[to])
		}
	}
	if len(got) != len(addresses) {
		o.t.Errorf("the server got mail to %v, want %q", got, addresses)
	}
}

// A mail server that is down holds nobody up, and gets the mail when it is back.
func TestMailSurvivesAnOutage(t *testing.T) {
	t.Parallel()
	down := mailertest.Start(t, mailertest.Options{})
	down.Stop()
	env := sending(routertest.Environment(t, routertest.StartInngest(t)), down)
	r := routertest.Start(t, sample(), env)
	out := openOutgoing(t, env)
	out.add("ada@example.com")
	await.That(t, "a first try fails", func() bool {
		return strings.Contains(r.Log.String(), `"function":"jobs/mail"`) && strings.Contains(r.Log.String(), "connection refused")
	})
	up := mailertest.Start(t, mailertest.Options{Port: down.Port})
	out.settled(up, "ada@example.com")
	if strings.Contains(r.Log.String(), "ada@example.com") {
		t.Error("the log says to whom mail goes")
	}
}

// A router that is killed while it sends loses no mail.
func TestMailSurvivesAKilledRouter(t *testing.T) {
	t.Parallel()
	var once sync.Once
	reached, killed := make(chan struct{}), make(chan struct{})
	server := mailertest.Start(t, mailertest.Options{To: func(string) error {
		once.Do(func() { close(reached) })
		select {
		case <-killed:
			return nil
		case <-t.Context().Done():
			return &smtp.SMTPError{Code: 421, Message: "the test has ended"}
		}
	}})
	env := sending(routertest.Environment(t, routertest.StartInngest(t)), server)
	out := openOutgoing(t, env)
	out.add("ada@example.com") // before there is a router
	_, kill := routertest.StartProcess(t, "", env)
	<-reached
	out.add("grace@example.com")
	kill()
	close(killed)
	routertest.StartProcess(t, "", env)
	out.settled(server, "ada@example.com", "grace@example.com")
}
