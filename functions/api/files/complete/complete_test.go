package complete_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"switchyard/functions/api/files/complete"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestComplete(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := complete.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	file := d.Create(t, "a.txt", []byte("hello"))
	in := &complete.Input{ID: file.ID}

	steps := []struct {
		name   string
		before func()
		want   string // part of the conflict's message
	}{
		{"without bytes", func() {}, "Upload the bytes first"},
		{"with other bytes", func() { d.Send(t, file, []byte("hi")) }, "2 bytes have arrived, but 5"},
		{"with its bytes", func() { d.Send(t, file, []byte("hello")) }, ""},
		{"again", func() {}, "This file is processing"},
	}
	for _, s := range steps {
		s.before()
		out, err := f.Handle(authtest.As(t, d.User), in)
		switch {
		case s.want == "" && (err != nil || out.Body.Status != files.Processing):
			t.Errorf("%s: %v", s.name, err)
		case s.want != "" && (!fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), s.want)):
			t.Errorf("%s: %v, want a Conflict that says %q", s.name, err, s.want)
		}
	}
	if n := d.Published(t, files.EventUploaded); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

func TestOthers(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := complete.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	file := d.Create(t, "a.txt", []byte("hello"))
	d.Send(t, file, []byte("hello"))
	if _, err := f.Handle(authtest.As(t, authtest.User(t, d.DB)), &complete.Input{ID: file.ID}); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v, want NotFound", err)
	}
	if got := d.Get(t, file.ID); got.Status != files.Uploading {
		t.Errorf("afterwards it is %s", got.Status)
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := complete.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	if _, err := f.Handle(authtest.As(t, d.User), &complete.Input{ID: uuid.Must(uuid.NewV7())}); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v, want NotFound", err)
	}
}
