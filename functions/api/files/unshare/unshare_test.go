package unshare_test

import (
	"context"
	"testing"

	"switchyard/functions/api/files/unshare"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/files/shares"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestUnshare(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := unshare.Function{Shares: d.Shares}
	file := d.Ready(t, "a", []byte("x"), files.Result{})
	other := d.Ready(t, "b", []byte("x"), files.Result{})
	share, token, err := d.Shares.Create(t.Context(), d.User.ID, file.ID, shares.New{})
	if err != nil {
		t.Fatal(err)
	}
	in, owner := &unshare.Input{ID: file.ID, ShareID: share.ID}, authtest.As(t, d.User)
	for name, ctx := range map[string]context.Context{"a second user": authtest.As(t, authtest.User(t, d.DB)), "nobody": t.Context()} {
		if _, err := f.Handle(ctx, in); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want NotFound", name, err)
		}
	}
	if _, err := f.Handle(owner, &unshare.Input{ID: other.ID, ShareID: share.ID}); !fault.Is(err, fault.NotFound) {
		t.Errorf("by another file: %v, want NotFound", err)
	}
	if _, err := d.Shares.Visit(t.Context(), token); err != nil {
		t.Fatalf("before it is revoked: %v", err)
	}
	if _, err := f.Handle(owner, in); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Shares.Visit(t.Context(), token); !fault.Is(err, fault.NotFound) {
		t.Errorf("after that: %v, want NotFound", err)
	}
	if _, err := f.Handle(owner, in); !fault.Is(err, fault.NotFound) {
		t.Errorf("again: %v, want NotFound", err)
	}
}
