package share_test

import (
	"context"
	"path"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/functions/api/files/share"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestShare(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := share.Function{Shares: d.Shares}
	in := &share.Input{ID: d.Ready(t, "a", []byte("x"), files.Result{}).ID}
	end := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	in.Body.Password, in.Body.ExpiresAt = "correct horse", &end
	out, err := f.Handle(authtest.As(t, d.User), in)
	if err != nil {
		t.Fatal(err)
	}
	if s := out.Body.Share; !s.Protected || s.FileID != in.ID || s.ExpiresAt == nil || !s.ExpiresAt.Equal(end) {
		t.Errorf("made %+v", s)
	}
	v, err := d.Shares.Visit(t.Context(), path.Base(out.Body.URL))
	if err != nil || v.ID != out.Body.Share.ID {
		t.Errorf("%s leads to %+v, %v", out.Body.URL, v, err)
	}
}

func TestOthers(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := share.Function{Shares: d.Shares}
	file := d.Ready(t, "a", []byte("x"), files.Result{})
	for name, ctx := range map[string]context.Context{"a second user": authtest.As(t, authtest.User(t, d.DB)), "nobody": t.Context()} {
		if out, err := f.Handle(ctx, &share.Input{ID: file.ID}); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %+v, %v, want NotFound", name, out, err)
		}
	}
	if _, err := f.Handle(authtest.As(t, d.User), &share.Input{ID: uuid.New()}); !fault.Is(err, fault.NotFound) {
		t.Errorf("no file: %v, want NotFound", err)
	}
	if list, err := d.Shares.List(t.Context(), d.User.ID, file.ID); err != nil || len(list) != 0 {
		t.Errorf("links were made: %+v, %v", list, err)
	}
}
