package complete_test

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/functions/api/files/complete"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/bucket"
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

// The bucket assembles the parts once all are there. What was cut off in the middle is repeated.
func TestParts(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := complete.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	body := bytes.Repeat([]byte("x"), files.PartSize+1)
	whole, cutOff := d.Create(t, "a", body), d.Create(t, "b", body)
	d.SendPart(t, whole, 2, body)
	if _, err := f.Handle(authtest.As(t, d.User), &complete.Input{ID: whole.ID}); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "1 of the 2 parts") {
		t.Errorf("with one part: %v, want a Conflict that says so", err)
	}
	d.SendPart(t, whole, 1, body)
	d.SendPart(t, cutOff, 1, body)
	d.SendPart(t, cutOff, 2, body)
	upload := bucket.Upload{Key: cutOff.Key, ID: d.Get(t, cutOff.ID).Upload}
	parts, err := d.Bucket.Parts(t.Context(), upload)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Bucket.Assemble(t.Context(), upload, parts); err != nil {
		t.Fatal(err)
	}
	for _, file := range []files.File{whole, cutOff} {
		out, err := f.Handle(authtest.As(t, d.User), &complete.Input{ID: file.ID})
		if err != nil || out.Body.Status != files.Processing {
			t.Errorf("%s: %+v, %v", file.Name, out, err)
		}
		if object, err := d.Bucket.Head(t.Context(), file.Key); err != nil || object.Size != file.Size {
			t.Errorf("%s: object %+v, %v", file.Name, object, err)
		}
	}
}

// Whoever is in doubt says it again, also while the first time is still being answered: it counts
// once, and the bytes are there whole.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := complete.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	body := bytes.Repeat([]byte("x"), files.PartSize+1)
	file := d.Create(t, "a", body)
	d.SendPart(t, file, 1, body)
	d.SendPart(t, file, 2, body)
	var done atomic.Int32
	var all sync.WaitGroup
	ctx := authtest.As(t, d.User)
	for range 8 {
		all.Go(func() {
			_, err := f.Handle(ctx, &complete.Input{ID: file.ID})
			if err == nil {
				done.Add(1)
			} else if !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := done.Load(); n != 1 || d.Published(t, files.EventUploaded) != 1 || d.Get(t, file.ID).Status != files.Processing {
		t.Errorf("it was completed %d times, with %d events: %+v", n, d.Published(t, files.EventUploaded), d.Get(t, file.ID))
	}
	if object, err := d.Bucket.Head(t.Context(), file.Key); err != nil || object.Size != file.Size {
		t.Errorf("object %+v, %v", object, err)
	}
}

// What arrives as a whole when the file is deleted already does not stay.
func TestDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := complete.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events}
	file := d.Create(t, "a", []byte("hello"))
	d.Send(t, file, []byte("hello"))
	answer := make(chan error, 1)
	err := d.DB.InTx(t.Context(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `DELETE FROM file WHERE id = $1`, file.ID); err != nil {
			return err
		}
		go func() {
			_, err := f.Handle(authtest.As(t, d.User), &complete.Input{ID: file.ID})
			answer <- err
		}()
		for waits := false; !waits; time.Sleep(time.Millisecond) { // it has seen the file, and waits for its row
			const waiting = `SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
			if err := d.DB.QueryRow(t.Context(), waiting).Scan(&waits); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-answer; !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v, want NotFound", err)
	}
	if d.Has(t, file.Key) {
		t.Error("the bytes stay")
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
