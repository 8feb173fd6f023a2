package hooks_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/files/hooks"
	"switchyard/shared/files/hooks/hookstest"
	"switchyard/shared/outgoing/webhook"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// owned is the webhooks of a user.
type owned struct {
	*hooks.Store
	t     *testing.T
	db    *db.DB
	owner string
	bus   *events.Bus
}

func open(t *testing.T) owned {
	t.Helper()
	return openIn(t, dbtest.New(t))
}

func openIn(t *testing.T, d *db.DB) owned {
	t.Helper()
	bus, err := events.Open(t.Context(), config.Events{Key: "key"}, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	return owned{hookstest.Open(t, d, bus), t, d, authtest.User(t, d).ID, bus}
}

// add adds a webhook.
func (o owned) add(url string) (hooks.Webhook, string) {
	o.t.Helper()
	w, secret, err := o.Add(o.t.Context(), o.owner, url)
	if err != nil {
		o.t.Fatal(err)
	}
	return w, secret
}

// told has the owner's webhooks told something new, and returns the newest delivery of w.
func (o owned) told(w hooks.Webhook) hooks.Delivery {
	o.t.Helper()
	m := webhook.Message{Type: "file.ready", Timestamp: time.Now(), Data: map[string]int{"n": 1}}
	if _, err := o.Tell(o.t.Context(), o.owner, uuid.New(), m); err != nil {
		o.t.Fatal(err)
	}
	return o.deliveries(w)[0]
}

func (o owned) deliveries(w hooks.Webhook) []hooks.Delivery {
	o.t.Helper()
	all, err := o.Deliveries(o.t.Context(), o.owner, w.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	return all
}

func (o owned) deliver(d hooks.Delivery, next time.Duration) time.Duration {
	o.t.Helper()
	wait, err := o.Deliver(o.t.Context(), d.ID, next)
	if err != nil {
		o.t.Fatal(err)
	}
	return wait
}

func (o owned) get(w hooks.Webhook) hooks.Webhook {
	o.t.Helper()
	w, err := o.Get(o.t.Context(), o.owner, w.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	return w
}

func (o owned) exec(sql string, args ...any) {
	o.t.Helper()
	if _, err := o.db.Exec(o.t.Context(), sql, args...); err != nil {
		o.t.Fatal(err)
	}
}

// A receiver that is down is tried again, under the same id, and its answers are kept.
func TestDeliver(t *testing.T) {
	t.Parallel()
	o := open(t)
	r := hookstest.Receive(t, func(n int, w http.ResponseWriter) {
		if n == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte("<script>alert(1)</script>\x00\xff" + strings.Repeat("a", 2000)))
		}
	})
	w, secret := o.add(r.URL)
	d := o.told(w)
	if wait := o.deliver(d, time.Minute); wait < time.Minute || wait > 66*time.Second {
		t.Errorf("wait %s, want a minute and up to a tenth", wait)
	}
	if got := o.get(w); got.FailingSince == nil {
		t.Error("nothing shows that it fails")
	}
	first := o.deliveries(w)[0]
	if a := first.Attempts[0]; first.State != hooks.Waiting || first.NextAt == nil || a.Status != 503 || len(a.Answer) > hooks.MaxAnswer+3 || !strings.HasPrefix(a.Answer, "<script>alert(1)</script> �") {
		t.Errorf("after the first: %+v", first)
	}
	for range 2 { // the second has nothing to deliver
		if wait := o.deliver(d, time.Minute); wait != 0 {
			t.Errorf("wait %s after it was delivered", wait)
		}
	}
	last := o.deliveries(w)[0]
	if last.State != hooks.Delivered || last.NextAt != nil || len(last.Attempts) != 2 || last.Attempts[1].Status != 200 || o.get(w).FailingSince != nil {
		t.Errorf("at last: %+v", last)
	}
	got := r.Received()
	if len(got) != 2 {
		t.Fatalf("received %d", len(got))
	}
	for _, one := range got {
		one.Verify(t, secret)
		if id := one.Header.Get("webhook-id"); id != d.ID.String() || !strings.Contains(string(one.Body), `"type":"file.ready"`) {
			t.Errorf("%s: %s", id, one.Body)
		}
	}
}

// What happened once is told once, to those that are on.
func TestToldOnce(t *testing.T) {
	t.Parallel()
	o := open(t)
	a, _ := o.add("http://127.0.0.1:9999/a")
	b, _ := o.add("http://127.0.0.1:9999/b")
	o.exec(`UPDATE webhook SET disabled = 'gone' WHERE id = $1`, b.ID)
	event, m := uuid.New(), webhook.Message{Type: "file.ready", Timestamp: time.Now()}
	for range 2 {
		if n, err := o.Tell(t.Context(), o.owner, event, m); err != nil || n != 1 {
			t.Errorf("told %d, %v", n, err)
		}
	}
	if len(o.deliveries(a)) != 1 || len(o.deliveries(b)) != 0 {
		t.Errorf("%+v, %+v", o.deliveries(a), o.deliveries(b))
	}
	var published int
	if err := o.db.QueryRow(t.Context(), `SELECT count(*) FROM outbox WHERE name = $1`, hooks.EventDue).Scan(&published); err != nil || published != 1 {
		t.Errorf("%d events, %v", published, err)
	}
	if err := o.Test(t.Context(), o.owner, b.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("test of one that is off: %v", err)
	}
}

func TestGoneAndFailing(t *testing.T) {
	t.Parallel()
	o := open(t)
	status := http.StatusGone
	r := hookstest.Receive(t, func(_ int, w http.ResponseWriter) { w.WriteHeader(status) })
	w, _ := o.add(r.URL)
	first, second := o.told(w), o.told(w)
	if wait := o.deliver(first, time.Hour); wait != 0 || o.get(w).Disabled != hooks.Gone {
		t.Errorf("after 410: wait %s, %+v", wait, o.get(w))
	}
	if wait := o.deliver(second, time.Hour); wait != 0 || len(r.Received()) != 1 {
		t.Errorf("one that is off was called: wait %s", wait)
	}
	if err := o.Resend(t.Context(), o.owner, first.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("send again while it is off: %v", err)
	}
	if err := o.Enable(t.Context(), o.owner, w.ID); err != nil {
		t.Fatal(err)
	}
	status = http.StatusFound // a redirect is a failure
	third := o.told(w)
	o.deliver(third, time.Hour)
	o.exec(`UPDATE webhook SET failing_since = now() - interval '6 days'`)
	if o.deliver(third, time.Hour); o.get(w).Disabled != "" {
		t.Error("it was turned off by a delivery that is tried again")
	}
	if o.deliver(third, 0); o.get(w).Disabled != hooks.Failing {
		t.Errorf("after days: %+v", o.get(w))
	}
}

func TestResend(t *testing.T) {
	t.Parallel()
	o := open(t)
	r := hookstest.Receive(t, func(int, http.ResponseWriter) {})
	w, _ := o.add(r.URL)
	d := o.told(w)
	if err := o.Resend(t.Context(), o.owner, d.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("while it waits: %v", err)
	}
	for range hooks.MaxAttempts + 2 {
		o.deliver(d, 0)
		o.exec(`DELETE FROM call_rate`) // as if it were long ago
		if err := o.Resend(t.Context(), o.owner, d.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := o.deliveries(w)[0]; got.State != hooks.Waiting || len(got.Attempts) != hooks.MaxAttempts {
		t.Errorf("%s with %d attempts", got.State, len(got.Attempts))
	}
	if err := o.GiveUp(t.Context(), d.ID); err != nil || o.deliveries(w)[0].State != hooks.Failed {
		t.Errorf("%v, %+v", err, o.deliveries(w)[0])
	}
	if got := o.get(w); got.FailingSince != nil {
		t.Errorf("what was not sent is laid at the receiver's door: %+v", got)
	}
}

// For a day, what is sent is signed with the secret before as well.
func TestRotate(t *testing.T) {
	t.Parallel()
	o := open(t)
	r := hookstest.Receive(t, func(int, http.ResponseWriter) {})
	w, before := o.add(r.URL)
	after, err := o.Rotate(t.Context(), o.owner, w.ID)
	if err != nil || o.get(w).OldUntil == nil {
		t.Fatalf("%v, %+v", err, o.get(w))
	}
	o.deliver(o.told(w), 0)
	r.Received()[0].Verify(t, before)
	r.Received()[0].Verify(t, after)
	o.exec(`UPDATE webhook SET old_until = now() - interval '1 second'`)
	o.deliver(o.told(w), 0)
	if signatures := r.Received()[1].Header.Get("webhook-signature"); strings.Contains(signatures, " ") {
		t.Errorf("after a day: %q", signatures)
	}
	var stored string
	if err := o.db.QueryRow(t.Context(), `SELECT encode(secret, 'escape') || encode(old_secret, 'escape') FROM webhook`).Scan(&stored); err != nil || strings.Contains(stored, "whsec_") {
		t.Errorf("the database has %q, %v", stored, err)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	o := open(t)
	asks := ""
	r := hookstest.Receive(t, func(_ int, w http.ResponseWriter) {
		w.Header().Set("Retry-After", asks)
		w.WriteHeader(http.StatusTooManyRequests)
	})
	w, _ := o.add(r.URL)
	d := o.told(w)
	for text, want := range map[string]time.Duration{"600": 10 * time.Minute, "99999999999": 24 * time.Hour, "-5": time.Second, "soon": time.Second} {
		asks = text
		if wait := o.deliver(d, time.Second); wait != want {
			t.Errorf("Retry-After %s: wait %s, want %s", text, wait, want)
		}
	}
}

// The private network is refused when the webhook is added, and when it is called.
func TestRefused(t *testing.T) {
	t.Parallel()
	o := open(t)
	for _, url := range []string{"https://169.254.169.254/latest/meta-data", "https://[::ffff:10.0.0.1]/", "https://user@example.com/", "ftp://example.com"} {
		if _, _, err := o.Add(t.Context(), o.owner, url); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", url, err)
		}
	}
	w, _ := o.add("http://127.0.0.1:9999/")
	o.exec(`UPDATE webhook SET url = 'https://10.0.0.1/'`)
	d := o.told(w)
	o.deliver(d, 0)
	if got := o.deliveries(w)[0].Attempts[0]; got.Status != 0 || !strings.Contains(got.Problem, "not on the public Internet") {
		t.Errorf("%+v", got)
	}
}

// Many at once pass no bound.
func TestBounds(t *testing.T) {
	t.Parallel()
	o := open(t)
	var group sync.WaitGroup
	for i := range hooks.MaxHooks + 5 {
		group.Go(func() {
			_, _, err := o.Add(t.Context(), o.owner, fmt.Sprintf("http://127.0.0.1:9999/%d", i))
			if err != nil && !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	all, err := o.List(t.Context(), o.owner)
	if err != nil || len(all) != hooks.MaxHooks {
		t.Fatalf("%d webhooks, %v", len(all), err)
	}
	w := all[0]
	o.exec(`INSERT INTO webhook_delivery (id, webhook, type, body, state)
		SELECT gen_random_uuid(), $1, 'a', '{}', CASE WHEN n <= $2 THEN 'waiting' ELSE 'delivered' END FROM generate_series(1, $2 + 500) AS n`, w.ID, hooks.MaxWaiting)
	if d := o.told(w); d.State != hooks.Failed || !strings.Contains(d.Attempts[0].Problem, "Too many") {
		t.Errorf("one more: %+v", d)
	}
	var ended int
	if err := o.db.QueryRow(t.Context(), `SELECT count(*) FROM webhook_delivery WHERE webhook = $1 AND state <> 'waiting'`, w.ID).Scan(&ended); err != nil || ended != hooks.MaxEnded {
		t.Errorf("%d are remembered, %v", ended, err)
	}
}

// To somebody else, a webhook does not exist.
func TestOthers(t *testing.T) {
	t.Parallel()
	o := open(t)
	w, _ := o.add("http://127.0.0.1:9999/")
	d := o.told(w)
	o.deliver(d, 0)
	eve, ctx := authtest.User(t, o.db).ID, t.Context()
	_, get := o.Get(ctx, eve, w.ID)
	_, rotate := o.Rotate(ctx, eve, w.ID)
	for name, err := range map[string]error{
		"get": get, "rotate": rotate, "enable": o.Enable(ctx, eve, w.ID), "remove": o.Remove(ctx, eve, w.ID),
		"test": o.Test(ctx, eve, w.ID), "resend": o.Resend(ctx, eve, d.ID),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	list, err := o.List(ctx, eve)
	deliveries, err2 := o.Deliveries(ctx, eve, w.ID)
	if err != nil || err2 != nil || len(list)+len(deliveries) != 0 {
		t.Errorf("%v %v, %v %v", list, deliveries, err, err2)
	}
	if _, _, err := o.Add(ctx, "nobody", "http://127.0.0.1:9999/"); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("add for nobody: %v", err)
	}
	if err := o.Remove(ctx, o.owner, w.ID); err != nil {
		t.Fatal(err)
	}
	if wait := o.deliver(d, time.Hour); wait != 0 {
		t.Errorf("a webhook that is gone waits %s", wait)
	}
}
