package create_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"switchyard/functions/api/files/create"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestCreate(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := create.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	var in create.Input
	in.Body.Name, in.Body.Size, in.Body.Type = "../../etc/passwd", 5, "text/plain"
	out, err := f.Handle(authtest.As(t, d.User), &in)
	if err != nil {
		t.Fatal(err)
	}
	if got := out.Body.File; got.Name != in.Body.Name || got.Status != files.Uploading {
		t.Errorf("file %+v", got)
	}
	up := out.Body.Upload
	if strings.Contains(up.URL, "passwd") {
		t.Errorf("the name is part of the address %s", up.URL)
	}
	req, err := http.NewRequestWithContext(t.Context(), up.Method, up.URL, strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range up.Headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	object, err := d.Bucket.Head(t.Context(), files.UploadKey(out.Body.File.ID))
	if resp.StatusCode != http.StatusOK || err != nil || object.Size != 5 || object.Type != "text/plain" {
		t.Errorf("upload: status %d; object %+v, %v", resp.StatusCode, object, err)
	}
}

// An empty file has nothing to be sent: no URL, and it is completed already.
func TestEmpty(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := create.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	var in create.Input
	in.Body.Name = "empty"
	out, err := f.Handle(authtest.As(t, d.User), &in)
	if err != nil || out.Body.Upload != nil || out.Body.File.Status != files.Processing {
		t.Errorf("got %+v, %v", out, err)
	}
	if n := d.Published(t, files.EventUploaded); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

// The request that sends the bytes never works longer than the one that was answered first.
func TestRepeated(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := create.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	in := create.Input{Key: "key"}
	in.Body.Name, in.Body.Size = "a", 5
	ask := func(age string) (*create.Output, error) {
		t.Helper()
		if _, err := d.DB.Exec(t.Context(), `UPDATE file SET created_at = now() - $1::interval`, age); err != nil {
			t.Fatal(err)
		}
		return f.Handle(authtest.As(t, d.User), &in)
	}
	first, err := ask("0")
	if err != nil {
		t.Fatal(err)
	}
	out, err := ask("14 minutes")
	if err != nil || out.Body.File.ID != first.Body.File.ID {
		t.Fatalf("repeated: %+v, %v", out, err)
	}
	u, err := url.Parse(out.Body.Upload.URL)
	if err != nil {
		t.Fatal(err)
	}
	if expires, err := strconv.Atoi(u.Query().Get("X-Amz-Expires")); err != nil || expires > 60 {
		t.Errorf("it works for %d seconds more, %v, want a minute", expires, err)
	}
	if _, err := ask("15 minutes"); !fault.Is(err, fault.Conflict) {
		t.Errorf("when nothing can be sent any more: %v, want Conflict", err)
	}
	if _, err := d.Files.Complete(t.Context(), d.Events, d.User.ID, first.Body.File.ID); err != nil {
		t.Fatal(err)
	}
	if out, err := ask("1 day"); err != nil || out.Body.Upload != nil || out.Body.File.Status != files.Processing {
		t.Errorf("when all is sent: %+v, %v", out, err)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := create.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	var in create.Input
	in.Body.Name = "a\tb"
	if _, err := f.Handle(authtest.As(t, d.User), &in); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v, want Invalid", err)
	}
	if n := len(d.List(t)); n != 0 {
		t.Errorf("%d files", n)
	}
}

func TestOwner(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := create.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	var in create.Input
	in.Body.Name = "a"
	if _, err := f.Handle(authtest.As(t, authtest.User(t, d.DB)), &in); err != nil {
		t.Fatal(err)
	}
	if n := len(d.List(t)); n != 0 {
		t.Errorf("a second user made %d files of mine", n)
	}
	gone := authtest.User(t, d.DB)
	authtest.Delete(t, d.DB, gone)
	for name, ctx := range map[string]context.Context{"a user who is gone": authtest.As(t, gone), "nobody": t.Context()} {
		if _, err := f.Handle(ctx, &in); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("%s: %v, want Unauthorized", name, err)
		}
	}
}
