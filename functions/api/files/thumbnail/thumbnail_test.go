package thumbnail_test

import (
	"strings"
	"testing"

	"switchyard/functions/api/files/thumbnail"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestThumbnail(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := thumbnail.Function{Files: d.Files, Bucket: d.Bucket}
	in := &thumbnail.Input{ID: d.Upload(t, "a.png", nil).ID}
	ctx := authtest.As(t, d.User)
	if _, err := f.Handle(ctx, in); !fault.Is(err, fault.NotFound) {
		t.Errorf("before there is one: %v, want NotFound", err)
	}
	if _, err := d.Files.Finish(ctx, d.Events, d.User.ID, in.ID, files.Result{Thumbnail: true}); err != nil {
		t.Fatal(err)
	}
	out, err := f.Handle(ctx, in)
	if err != nil || !strings.Contains(out.Location, files.ThumbnailKey(in.ID)) || !strings.Contains(out.Location, "=inline") || out.Vary != "Cookie" {
		t.Errorf("got %+v, %v", out, err)
	}
	if out, err := f.Handle(authtest.As(t, authtest.User(t, d.DB)), in); !fault.Is(err, fault.NotFound) {
		t.Errorf("of a second user: %+v, %v, want NotFound", out, err)
	}
}
