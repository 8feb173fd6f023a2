package hooks_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/internal/names/namestest"
	"switchyard/shared/auth"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/fault"
	"switchyard/shared/files/hooks"
	"switchyard/shared/files/hooks/hookstest"
	"switchyard/shared/outgoing/webhook"
)

// tell has the owner's webhooks told something new, and returns how many are told.
func (o owned) tell() int {
	o.t.Helper()
	n, err := o.Tell(o.t.Context(), o.owner, uuid.New(), webhook.Message{Type: "file.ready", Timestamp: time.Now()})
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

// While the owner is banned nobody is called, and that is not laid at the receiver's door.
func TestBanned(t *testing.T) {
	t.Parallel()
	o := open(t)
	r := hookstest.Receive(t, func(int, http.ResponseWriter) {})
	w, _ := o.add(r.URL)
	waiting := o.told(w)
	o.exec(`UPDATE webhook SET failing_since = now() - interval '6 days'`)
	authtest.Ban(t, o.db, auth.User{ID: o.owner}, true)
	if n := o.tell(); n != 0 {
		t.Errorf("%d webhooks are told", n)
	}
	if wait := o.deliver(waiting, time.Hour); wait != 0 {
		t.Errorf("what waits is tried again in %s", wait)
	}
	all := o.deliveries(w)
	if len(all) != 1 || all[0].State != hooks.Failed || len(all[0].Attempts) != 1 || !strings.Contains(all[0].Attempts[0].Problem, "banned") {
		t.Errorf("deliveries: %+v", all)
	}
	if got := o.get(w); got.Disabled != "" || len(r.Received()) != 0 {
		t.Errorf("%d were received, and the webhook is %+v", len(r.Received()), got)
	}
	authtest.Ban(t, o.db, auth.User{ID: o.owner}, false)
	if err := o.Resend(t.Context(), o.owner, waiting.ID); err != nil {
		t.Fatal(err)
	}
	o.deliver(waiting, 0)
	o.deliver(o.told(w), 0)
	if n := len(r.Received()); n != 2 {
		t.Errorf("after the ban, %d of 2 were received", n)
	}
}

// The users' table and its columns may have other names.
func TestNames(t *testing.T) {
	t.Parallel()
	o := open(t)
	r := hookstest.Receive(t, func(int, http.ResponseWriter) {})
	w, _ := o.add(r.URL)
	authtest.Ban(t, o.db, auth.User{ID: o.owner}, false)
	n := namestest.Parse(t, namestest.Everything)
	namestest.Rename(t, o.db, n)
	o.Store = hookstest.OpenNamed(t, o.db, o.bus, config.AuthNames{Names: n})
	o.deliver(o.told(w), 0)
	o.exec(`UPDATE people SET u_banned = true`)
	if told := o.tell(); told != 0 || len(r.Received()) != 1 {
		t.Errorf("%d are told, %d were received", told, len(r.Received()))
	}
}

// By hand, a user can have a receiver called so often, however many webhooks he has.
func TestByHand(t *testing.T) {
	t.Parallel()
	o := open(t)
	a, _ := o.add("http://127.0.0.1:9999/a")
	b, _ := o.add("http://127.0.0.1:9999/b")
	ended := o.told(a)
	o.deliver(ended, 0)
	began := time.Now()
	if err := o.Resend(t.Context(), o.owner, ended.ID); err != nil {
		t.Fatal(err)
	}
	var sent atomic.Int32
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			err := o.Test(t.Context(), o.owner, []hooks.Webhook{a, b}[i%2].ID)
			if err == nil {
				sent.Add(1)
			} else if !fault.Is(err, fault.TooMany) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	more := int32(time.Since(began) / hooks.ByHandInterval) // that a slow machine has time for
	if n := sent.Load(); n < hooks.ByHandAtOnce-1 || n > hooks.ByHandAtOnce-1+more {
		t.Errorf("%d tests were sent after another delivery, want %d", n, hooks.ByHandAtOnce-1)
	}
	o.exec(`UPDATE call_rate SET until = now() + $1::interval`, hooks.ByHandAtOnce*hooks.ByHandInterval) // as if all were sent just now
	err := o.Resend(t.Context(), o.owner, ended.ID)
	var again *fault.RetryAfterError
	if !fault.Is(err, fault.TooMany) || !errors.As(err, &again) || again.After <= 0 || again.After > hooks.ByHandInterval {
		t.Errorf("send again: %v, %+v", err, again)
	}
	if n := o.tell(); n != 2 {
		t.Errorf("%d webhooks are told of what happens, want both", n)
	}
	other := owned{o.Store, t, o.db, authtest.User(t, o.db).ID, o.bus}
	c, _ := other.add("http://127.0.0.1:9999/c")
	if err := other.Test(t.Context(), other.owner, c.ID); err != nil {
		t.Errorf("another user: %v", err)
	}
}

// A webhook is removed while what it was told comes to an end, and more is told: nobody waits for
// somebody who waits for him.
func TestRemoveMeanwhile(t *testing.T) {
	t.Parallel()
	o := open(t)
	const many = 40
	for range 5 {
		w, _ := o.add("http://127.0.0.1:9999/")
		for range many {
			o.tell()
		}
		var all sync.WaitGroup
		try := func(do func(ctx context.Context) error) {
			all.Go(func() {
				if err := do(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			})
		}
		for i, d := range o.deliveries(w) {
			try(func(ctx context.Context) error {
				_, err := o.Deliver(ctx, d.ID, 0) // nobody is there
				return err
			})
			try(func(ctx context.Context) error {
				_, err := o.Tell(ctx, o.owner, d.ID, webhook.Message{Type: "file.ready", Timestamp: time.Now()})
				return err
			})
			if i == many/4 {
				try(func(ctx context.Context) error { return o.Remove(ctx, o.owner, w.ID) })
			}
		}
		all.Wait()
	}
	o.db.Reset() // connections tell of what they have counted when they end, if not before
	var others, deadlocks int
	for others = 1; others > 0; {
		err := o.db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = d.datname AND pid <> pg_backend_pid()), deadlocks
			FROM pg_stat_database AS d WHERE datname = current_database()`).Scan(&others, &deadlocks)
		if err != nil {
			t.Fatal(err)
		}
	}
	if deadlocks != 0 {
		t.Errorf("%d deadlocks", deadlocks)
	}
}
