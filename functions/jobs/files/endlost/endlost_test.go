package endlost_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/functions/jobs/files/endlost"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/files/hooks"
	"switchyard/shared/files/hooks/hookstest"
	"switchyard/shared/outgoing/webhook"
)

func TestMain(m *testing.M) { filestest.Main(m) }

// What waits for a run for more than a day has lost it. Nothing else is touched.
func TestEndLost(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), filestest.New(t)
	exec := func(sql string) {
		t.Helper()
		if _, err := d.DB.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	store := hookstest.Open(t, d.DB, d.Events)
	hook, _, err := store.Add(ctx, d.User.ID, "http://127.0.0.1:9999/")
	if err != nil {
		t.Fatal(err)
	}
	tell := func() {
		t.Helper()
		if _, err := store.Tell(ctx, d.User.ID, uuid.New(), webhook.Message{Type: "file.ready", Timestamp: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	deliveries := func() []hooks.Delivery {
		t.Helper()
		all, err := store.Deliveries(ctx, d.User.ID, hook.ID)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	done := d.Ready(t, "done", []byte("x"), files.Result{Type: "text/plain"})
	for range 120 { // more than one batch
		d.Create(t, "lost", nil)
		tell()
	}
	exec(`UPDATE file SET updated_at = now() - interval '25 hours'`)
	exec(`UPDATE webhook_delivery SET created_at = now() - interval '25 hours'`)
	fresh := d.Create(t, "fresh", nil)
	again := deliveries()[0].ID
	if err := store.GiveUp(ctx, again); err != nil {
		t.Fatal(err)
	}
	if err := store.Resend(ctx, d.User.ID, again); err != nil { // it waits since now
		t.Fatal(err)
	}
	tell()

	if err := (endlost.Function{Files: d.Files, Hooks: store, Events: d.Events}).Handle(ctx); err != nil {
		t.Fatal(err)
	}
	if got := []files.Status{d.Get(t, fresh.ID).Status, d.Get(t, done.ID).Status}; got[0] != files.Processing || got[1] != files.Ready {
		t.Errorf("one that began now is %s, one that is done %s", got[0], got[1])
	}
	if n := d.Published(t, files.EventFailed); n != 120 {
		t.Errorf("%d files have failed, want 120", n)
	}
	waiting := 0
	for _, one := range deliveries() {
		if one.State == hooks.Waiting {
			waiting++
		}
	}
	if waiting != 2 {
		t.Errorf("%d deliveries wait, want the one that is sent again and the one of now", waiting)
	}
}
