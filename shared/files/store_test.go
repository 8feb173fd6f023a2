package files_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/live"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// desk is a store with the database and the bus that belong to it, and a user who
// owns its files.
type desk struct {
	*files.Store
	db    *db.DB
	bus   *events.Bus
	owner string
}

func newDesk(t *testing.T) desk {
	t.Helper()
	return newDeskIn(t, dbtest.New(t))
}

func newDeskIn(t *testing.T, d *db.DB) desk {
	t.Helper()
	hub, err := live.Open(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	store, err := files.Open(t.Context(), files.Quota{}, config.AuthNames{}, d, hub)
	if err != nil {
		t.Fatal(err)
	}
	// Nothing is sent: what is published stays in the outbox, for the test to see.
	bus, err := events.Open(t.Context(), config.Events{Key: "key"}, d)
	if err != nil {
		t.Fatal(err)
	}
	return desk{store, d, bus, authtest.User(t, d).ID}
}

func (d desk) create(t *testing.T, n files.New) files.File {
	t.Helper()
	f, err := d.Create(t.Context(), d.bus, d.owner, n)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// published returns the events in the outbox, in order.
func (d desk) published(t *testing.T) []string {
	t.Helper()
	rows, err := d.db.Query(t.Context(), `SELECT name || ' ' || (data->>'fileId') FROM outbox ORDER BY name, data->>'fileId'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLife(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)

	f := d.create(t, files.New{Name: "a.txt", Size: 5})
	if f.ID.Version() != 7 || f.Status != files.Uploading || f.Type != "application/octet-stream" || f.CreatedAt.Location() != time.UTC {
		t.Errorf("created %+v", f)
	}
	got, err := d.Get(ctx, d.owner, f.ID)
	if diff := cmp.Diff(f, got); err != nil || diff != "" {
		t.Errorf("Get: %v %s", err, diff)
	}

	f, err = d.Complete(ctx, d.bus, d.owner, f.ID)
	if err != nil || f.Status != files.Processing {
		t.Errorf("Complete = %s, %v", f.Status, err)
	}
	if _, err := d.Complete(ctx, d.bus, d.owner, f.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("Complete again: %v, want Conflict", err)
	}

	result := files.Result{Type: "image/png", SHA256: "abc", Width: 3, Height: 2, Thumbnail: true}
	f, err = d.Finish(ctx, d.bus, d.owner, f.ID, result)
	if err != nil || f.Status != files.Ready || !f.Thumbnail || f.Type != "image/png" || f.Width != 3 || f.SHA256 != "abc" {
		t.Errorf("Finish = %+v, %v", f, err)
	}
	again, err := d.Finish(ctx, d.bus, d.owner, f.ID, files.Result{Reason: "gave up"})
	if diff := cmp.Diff(f, again); err != nil || diff != "" {
		t.Errorf("Finish again: %v %s", err, diff)
	}

	if err := d.Delete(ctx, d.bus, d.owner, f.ID); err != nil {
		t.Error(err)
	}
	if err := d.Delete(ctx, d.bus, d.owner, f.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("Delete again: %v, want NotFound", err)
	}
	want := []string{"file/deleted " + f.ID.String(), "file/ready " + f.ID.String(), "file/uploaded " + f.ID.String()}
	if diff := cmp.Diff(want, d.published(t)); diff != "" {
		t.Errorf("published: %s", diff)
	}
}

func TestFailed(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	f := d.create(t, files.New{Name: "a.png", Size: 5, Type: "image/png"})
	if got, err := d.Finish(ctx, d.bus, d.owner, f.ID, files.Result{}); err != nil || got.Status != files.Uploading {
		t.Errorf("Finish before Complete = %s, %v, want no change", got.Status, err)
	}
	if _, err := d.Complete(ctx, d.bus, d.owner, f.ID); err != nil {
		t.Fatal(err)
	}
	f, err := d.Finish(ctx, d.bus, d.owner, f.ID, files.Result{Reason: "damaged", SHA256: "abc"})
	if err != nil || f.Status != files.Failed || f.Reason != "damaged" || f.SHA256 != "abc" || f.Type != "image/png" {
		t.Errorf("Finish = %+v, %v", f, err)
	}
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	ctx, d, id := t.Context(), newDesk(t), uuid.Must(uuid.NewV7())
	_, get := d.Get(ctx, d.owner, id)
	_, complete := d.Complete(ctx, d.bus, d.owner, id)
	_, finish := d.Finish(ctx, d.bus, d.owner, id, files.Result{})
	for name, err := range map[string]error{
		"Get": get, "Complete": complete, "Finish": finish, "Delete": d.Delete(ctx, d.bus, d.owner, id),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want NotFound", name, err)
		}
	}
	if got := d.published(t); got != nil {
		t.Errorf("published %v", got)
	}
}

func TestCreateChecks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tests := []struct {
		name string
		in   files.New
		want string // the type, or "" if it is refused
	}{
		{"plain", files.New{Name: "a", Type: "image/jpeg"}, "image/jpeg"},
		{"no type", files.New{Name: "a"}, "application/octet-stream"},
		{"type with parameters", files.New{Name: "a", Type: "Text/Plain;charset=UTF-8"}, "text/plain; charset=UTF-8"},
		{"largest", files.New{Name: "a", Size: files.MaxSize, Type: "a/b"}, "a/b"},
		{"a path", files.New{Name: "../../etc/passwd", Type: "a/b"}, "a/b"},
		{"255 characters", files.New{Name: strings.Repeat("𝔘", 255), Type: "a/b"}, "a/b"},
		{"right to left", files.New{Name: "\u202egpj.exe", Type: "a/b"}, "a/b"},
		{"quotes", files.New{Name: `'; DROP TABLE file; --"<b>`, Type: "a/b"}, "a/b"},
		{"no name", files.New{}, ""},
		{"spaces", files.New{Name: " \u00a0 "}, ""},
		{"marks of direction", files.New{Name: "\u202e\u200f"}, ""},
		{"fillers", files.New{Name: "\u3164\u200b\u2800"}, ""},
		{"256 characters", files.New{Name: strings.Repeat("𝔘", 256)}, ""},
		{"line break", files.New{Name: "a\nb"}, ""},
		{"zero byte", files.New{Name: "a\x00b"}, ""},
		{"C1 control", files.New{Name: "a\u0085b"}, ""},
		{"not UTF-8", files.New{Name: "a\xffb"}, ""},
		{"negative", files.New{Name: "a", Size: -1}, ""},
		{"too large", files.New{Name: "a", Size: files.MaxSize + 1}, ""},
		{"type without slash", files.New{Name: "a", Type: "jpeg"}, ""},
		{"type of two lines", files.New{Name: "a", Type: "a/b\r\nX-Evil: c"}, ""},
		{"type too long", files.New{Name: "a", Type: "a/" + strings.Repeat("b", 255)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, err := d.Create(t.Context(), d.bus, d.owner, tt.in)
			if tt.want == "" {
				if !fault.Is(err, fault.Invalid) {
					t.Errorf("got %v, want Invalid", err)
				}
				return
			}
			if err != nil || f.Type != tt.want || f.Name != tt.in.Name || f.Size != tt.in.Size {
				t.Errorf("got %+v, %v", f, err)
			}
		})
	}
}

// Of an empty file nothing is awaited.
func TestEmpty(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	f := d.create(t, files.New{Name: "empty"})
	if f.Status != files.Processing {
		t.Errorf("it is %s", f.Status)
	}
	if diff := cmp.Diff([]string{"file/uploaded " + f.ID.String()}, d.published(t)); diff != "" {
		t.Errorf("published: %s", diff)
	}
}

func TestPin(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	f := d.create(t, files.New{Name: "a", Size: 5})
	pin := func(what string, want bool) (got files.File) {
		t.Helper()
		key := files.NewPinnedKey(f.ID)
		got, err := d.Pin(ctx, d.owner, f.ID, key)
		if err != nil || (got.Key == key) != want || got.Pinned() && !strings.HasPrefix(got.Key, files.PinnedKeys(f.ID)) {
			t.Errorf("%s: at %s, %v", what, got.Key, err)
		}
		return got
	}
	if f.Key != files.UploadKey(f.ID) || f.Pinned() || f.Served() {
		t.Errorf("created %+v", f)
	}
	pin("while uploading", false)
	if f, err := d.Complete(ctx, d.bus, d.owner, f.ID); err != nil || f.Served() {
		t.Errorf("completed %+v, %v", f, err)
	}
	if got := pin("processing", true); !got.Served() {
		t.Errorf("pinned %+v", got)
	}
	pin("pinned before", false)
	if _, err := d.Pin(ctx, authtest.User(t, d.db).ID, f.ID, "k"); !fault.Is(err, fault.NotFound) {
		t.Errorf("of somebody else: %v, want NotFound", err)
	}
}

// Files that were made before there was pinning are served from where they lie.
func TestPinOfAnOlderRelease(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	ready, processing := d.create(t, files.New{Name: "a"}), d.create(t, files.New{Name: "b"})
	if _, err := d.Finish(ctx, d.bus, d.owner, ready.ID, files.Result{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.Exec(ctx, `UPDATE file SET key = NULL`); err != nil {
		t.Fatal(err)
	}
	key := files.NewPinnedKey(ready.ID)
	if f, err := d.Pin(ctx, d.owner, ready.ID, key); err != nil || f.Key != "files/"+ready.ID.String() || f.Pinned() || !f.Served() {
		t.Errorf("ready: %+v, %v", f, err)
	}
	if f, err := d.Pin(ctx, d.owner, processing.ID, key); err != nil || f.Key != key {
		t.Errorf("processing: %+v, %v", f, err)
	}
}

func TestAwaited(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), newDesk(t)
	uploading, processing, pinned := d.create(t, files.New{Name: "a", Size: 1}), d.create(t, files.New{Name: "b"}), d.create(t, files.New{Name: "c"})
	if _, err := d.Pin(ctx, d.owner, pinned.ID, files.NewPinnedKey(pinned.ID)); err != nil {
		t.Fatal(err)
	}
	got, err := d.Awaited(ctx, []uuid.UUID{pinned.ID, uploading.ID, uuid.New(), processing.ID})
	want := []uuid.UUID{uploading.ID, processing.ID}
	less := cmpopts.SortSlices(func(a, b uuid.UUID) bool { return a.String() < b.String() })
	if diff := cmp.Diff(want, got, less); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}
