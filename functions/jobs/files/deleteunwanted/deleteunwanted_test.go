package deleteunwanted_test

import (
	"testing"

	"switchyard/functions/jobs/files/deleteunwanted"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/events"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

// Only the sender's own files are deleted, whoever the sender is.
func TestDeleteUnwanted(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := deleteunwanted.Function{Files: d.Files, Events: d.Events}
	file, stranger := d.Create(t, "a.txt", []byte("x")), authtest.User(t, d.DB)
	for _, tt := range []struct {
		sender  string
		deleted bool
	}{{"", false}, {stranger.ID, false}, {d.User.ID, true}, {d.User.ID, false}} {
		in := &files.Unwanted{FromMachine: events.FromMachine{SenderID: tt.sender}, FileID: file.ID}
		out, err := f.Handle(t.Context(), in)
		if err != nil || out.Deleted != tt.deleted {
			t.Errorf("%q: %+v, %v, want deleted: %t", tt.sender, out, err, tt.deleted)
		}
	}
	if n := d.Published(t, files.EventDeleted); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}
