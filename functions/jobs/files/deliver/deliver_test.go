package deliver_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/functions/jobs/files/deliver"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/files/hooks"
	"switchyard/shared/files/hooks/hookstest"
	"switchyard/shared/outgoing/webhook"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// Without further attempts, one that fails is the last.
func TestLastAttempt(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	bus, err := events.Open(t.Context(), config.Events{Key: "key"}, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	store, owner := hookstest.Open(t, d, bus), authtest.User(t, d).ID
	receiver := hookstest.Receive(t, func(_ int, w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) })
	hook, _, err := store.Add(t.Context(), owner, receiver.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Tell(t.Context(), owner, uuid.New(), webhook.Message{Type: "file.ready", Timestamp: time.Now()}); err != nil {
		t.Fatal(err)
	}
	waiting, err := store.Deliveries(t.Context(), owner, hook.ID)
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%+v, %v", waiting, err)
	}
	f, due := deliver.Function{Hooks: store}, &hooks.Due{DeliveryID: waiting[0].ID, OwnerID: owner}
	for range 2 { // an event may come again
		if out, err := f.Handle(t.Context(), due); err != nil || out.Attempts != 1 {
			t.Errorf("%+v, %v", out, err)
		}
	}
	if err := f.Failed(t.Context(), due, nil); err != nil {
		t.Error(err)
	}
	ended, err := store.Deliveries(t.Context(), owner, hook.ID)
	if err != nil || ended[0].State != hooks.Failed || len(ended[0].Attempts) != 1 || len(receiver.Received()) != 1 {
		t.Errorf("%+v, %v", ended, err)
	}
}
