package notify_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"switchyard/functions/jobs/files/notify"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/files/hooks/hookstest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

// events returns the data of the events of this name that were published.
func events(t *testing.T, d *filestest.Desk, name string) *notify.Input {
	t.Helper()
	var data []byte
	if err := d.DB.QueryRow(t.Context(), `SELECT data FROM outbox WHERE name = $1`, name).Scan(&data); err != nil {
		t.Fatal(err)
	}
	in := &notify.Input{}
	if err := json.Unmarshal(data, in); err != nil {
		t.Fatal(err)
	}
	return in
}

func TestNotify(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	store := hookstest.Open(t, d.DB, d.Events)
	hook, _, err := store.Add(t.Context(), d.User.ID, "https://example.com/")
	if err != nil {
		t.Fatal(err)
	}
	good, bad := d.Upload(t, "good", []byte("x")), d.Upload(t, "bad", []byte("x"))
	for id, r := range map[uuid.UUID]files.Result{good.ID: {}, bad.ID: {Reason: "damaged"}} {
		if _, err := d.Files.Finish(t.Context(), d.Events, d.User.ID, id, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Files.Delete(t.Context(), d.Events, d.User.ID, good.ID); err != nil {
		t.Fatal(err)
	}
	f := notify.Function{Hooks: store}
	for _, name := range []string{files.EventReady, files.EventFailed, files.EventDeleted, files.EventDeleted} { // one comes twice
		if out, err := f.Handle(t.Context(), events(t, d, name)); err != nil || out.Told != 1 {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
	if out, err := f.Handle(t.Context(), &notify.Input{FileID: bad.ID}); err != nil || out.Told != 0 {
		t.Errorf("without an owner: %+v, %v", out, err)
	}
	all, err := store.Deliveries(t.Context(), d.User.ID, hook.ID)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, delivery := range all {
		told = append(told, delivery.Type)
	}
	if diff := cmp.Diff([]string{"file.deleted", "file.failed", "file.ready"}, told); diff != "" {
		t.Error(diff)
	}
	var bodies string
	if err := d.DB.QueryRow(t.Context(), `SELECT string_agg(body, '') FROM webhook_delivery`).Scan(&bodies); err != nil || strings.Contains(bodies, d.User.ID) || strings.Contains(bodies, "uploads/") {
		t.Errorf("%v: told too much: %s", err, bodies)
	}
}
