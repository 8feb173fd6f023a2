package remove_test

import (
	"testing"

	"switchyard/functions/api/files/remove"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestRemove(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := remove.Function{Files: d.Files, Events: d.Events}
	in := &remove.Input{ID: d.Create(t, "a", []byte("x")).ID}
	if _, err := f.Handle(authtest.As(t, authtest.User(t, d.DB)), in); !fault.Is(err, fault.NotFound) {
		t.Errorf("by a second user: %v, want NotFound", err)
	}
	ctx := authtest.As(t, d.User)
	if _, err := f.Handle(ctx, in); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Handle(ctx, in); !fault.Is(err, fault.NotFound) {
		t.Errorf("again: %v, want NotFound", err)
	}
	if n := d.Published(t, files.EventDeleted); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}
