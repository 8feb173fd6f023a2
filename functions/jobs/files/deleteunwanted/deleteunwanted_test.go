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
		banned  bool
		deleted bool
	}{{"", false, false}, {stranger.ID, false, false}, {d.User.ID, true, false}, {d.User.ID, false, true}, {d.User.ID, false, false}} {
		authtest.Ban(t, d.DB, d.User, tt.banned)
		in := &files.Unwanted{FromMachine: events.FromMachine{SenderID: tt.sender}, FileID: file.ID}
		out, err := f.Handle(t.Context(), in)
		if err != nil || out.Deleted != tt.deleted {
			t.Errorf("%+v: %+v, %v", tt, out, err)
		}
	}
	if n := d.Published(t, files.EventDeleted); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}
