package process_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"image"
	"image/png"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"switchyard/functions/jobs/files/process"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/bucket"
	"switchyard/shared/bucket/buckettest"
	"switchyard/shared/files"
	"switchyard/shared/files/fairlock"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func newFunction(t *testing.T, d *filestest.Desk) process.Function {
	t.Helper()
	turns, err := fairlock.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return process.Function{Files: d.Files, Bucket: d.Bucket, Events: d.Events, Turns: turns}
}

func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Outside of a durable host each step just runs.
func TestProcess(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := newFunction(t, d)
	whole := picture(t, 1024, 600)
	bomb := bytes.Clone(whole)
	copy(bomb[16:], "\x00\x00\xc3\x50\x00\x00\xc3\x50") // 50000 x 50000
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	const picture, text = "digest done It is image/png., picture ", "text/plain; charset=utf-8"
	tests := []struct {
		name      string
		body      []byte
		want      files.Status
		wantType  string
		reason    string
		w, h      int
		thumbnail bool
		excerpt   string
		history   string // begins so, after the pinning
	}{
		{name: "photo.txt", body: whole, want: files.Ready, wantType: "image/png", w: 1024, h: 600, thumbnail: true, history: picture + "done 1024 × 600 pixels., finish done"},
		{name: "text", body: []byte("hello, world\n"), want: files.Ready, wantType: text, excerpt: "hello, world", history: "digest done It is " + text + "., finish done"},
		{name: "empty", want: files.Ready, wantType: "text/plain"},
		{name: "drawing.svg", body: []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), want: files.Ready, wantType: "image/svg+xml", excerpt: "<svg xmlns='http://www.w3.org/2000/svg'/>"},
		{name: "a.json", body: []byte("{\"a\":\n1}"), want: files.Ready, wantType: "application/json", excerpt: "{\"a\":\n1}"},
		{name: "large", body: bytes.Repeat([]byte{0, 1, 2, 3}, 3<<20), want: files.Ready, wantType: "application/octet-stream"},
		{name: "cut short", body: whole[:len(whole)-40], want: files.Failed, wantType: "image/png", reason: "damaged or incomplete", history: picture + "failed This PNG picture is damaged or incomplete. Save it anew, and upload that., finish failed This PNG"},
		{name: "bomb", body: bomb, want: files.Ready, wantType: "image/png", w: 50000, h: 50000, history: picture + "done 50000 × 50000 pixels. There is no thumbnail: It has more than 64 megapixels., finish done"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := d.Upload(t, tt.name, tt.body)
			for range 2 { // the second run finds everything done
				out, err := f.Handle(t.Context(), &files.Uploaded{FileID: file.ID, OwnerID: d.User.ID})
				if err != nil || out.Status != tt.want {
					t.Fatalf("Handle = %+v, %v", out, err)
				}
			}
			sum := sha256.Sum256(tt.body)
			got := d.Get(t, file.ID)
			if got.Status != tt.want || got.Type != tt.wantType || got.SHA256 != hex.EncodeToString(sum[:]) ||
				got.Width != tt.w || got.Height != tt.h || got.Thumbnail != tt.thumbnail {
				t.Errorf("got %+v", got)
			}
			if (tt.reason == "") != (got.Reason == "") || !strings.Contains(got.Reason, tt.reason) {
				t.Errorf("reason %q, want %q", got.Reason, tt.reason)
			}
			if d.Has(t, files.ThumbnailKey(file.ID)) != tt.thumbnail {
				t.Error("the bucket disagrees about the thumbnail")
			}
			details, err := d.Files.Details(t.Context(), d.User.ID, file.ID)
			if err != nil || details.Excerpt != tt.excerpt {
				t.Errorf("excerpt %q, %v", details.Excerpt, err)
			}
			if got := history(details.Steps); !strings.HasPrefix(got, "created done, ") || !strings.Contains(got, "pin done, "+tt.history) {
				t.Errorf("history %q, want %q", got, tt.history)
			}
		})
	}
}

// history returns in one line what the steps of a file tell.
func history(steps []files.Step) string {
	all := make([]string, len(steps))
	for i, s := range steps {
		all[i] = strings.TrimSpace(string(s.Name) + " " + string(s.State) + " " + s.Detail)
	}
	return strings.Join(all, ", ")
}

func TestBytesThatAreNotThere(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), filestest.New(t)
	f := newFunction(t, d)
	gone, other := d.Upload(t, "gone", []byte("hello")), d.Upload(t, "other", []byte("hello"))
	if err := d.Bucket.Delete(ctx, gone.Key); err != nil {
		t.Fatal(err)
	}
	d.Send(t, other, []byte("hello!"))
	for id, reason := range map[uuid.UUID]string{gone.ID: "not in the bucket", other.ID: "6 bytes have arrived, but 5"} {
		for range 2 {
			out, err := f.Handle(ctx, &files.Uploaded{FileID: id, OwnerID: d.User.ID})
			if err != nil || out.Status != files.Failed || !strings.Contains(d.Get(t, id).Reason, reason) {
				t.Errorf("got %+v, %v, want %q", out, err, reason)
			}
		}
	}
	// Between the steps.
	if got, err := f.Digest(ctx, &files.Uploaded{FileID: gone.ID, OwnerID: d.User.ID}, process.Pinned{Key: "contents/gone", Size: 5}); err != nil || got.Reason == "" {
		t.Errorf("Digest of missing bytes = %+v, %v", got, err)
	}
	in := &files.Uploaded{FileID: gone.ID, OwnerID: d.User.ID}
	if got, err := f.Picture(ctx, in, "contents/gone", "image/png"); err != nil || got.Reason == "" {
		t.Errorf("Picture of missing bytes = %+v, %v", got, err)
	}
}

// What is sent after the bytes were pinned changes nothing, and does not stay.
func TestPin(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), filestest.New(t)
	f := newFunction(t, d)
	file := d.Upload(t, "a", []byte("hello"))
	pinned, err := f.Pin(ctx, d.User.ID, file.ID)
	if err != nil || pinned.Key == files.UploadKey(file.ID) || pinned.Key != d.Get(t, file.ID).Key || d.Has(t, files.UploadKey(file.ID)) {
		t.Fatalf("pinned %+v, %v", pinned, err)
	}
	d.Send(t, file, []byte("other"))
	again, err := f.Pin(ctx, d.User.ID, file.ID) // as after a crash between the two
	if err != nil || again != pinned || d.Has(t, files.UploadKey(file.ID)) {
		t.Errorf("again %+v, %v", again, err)
	}
	d.Send(t, file, []byte("other"))
	in := &files.Uploaded{FileID: file.ID, OwnerID: d.User.ID}
	if out, err := f.Handle(ctx, in); err != nil || out.Status != files.Ready {
		t.Errorf("Handle = %+v, %v", out, err)
	}
	sum := sha256.Sum256([]byte("hello"))
	if got := d.Get(t, file.ID); got.SHA256 != hex.EncodeToString(sum[:]) || got.Key != pinned.Key {
		t.Errorf("got %+v", got)
	}
	keys, err := d.Bucket.List(ctx, files.PinnedKeys(file.ID), "")
	if err != nil || !slices.Equal(keys, []string{pinned.Key}) {
		t.Errorf("there are %q, %v", keys, err)
	}
}

// Of several tries at once one counts, and the copies of the others do not stay.
func TestPinAtOnce(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), filestest.New(t)
	f := newFunction(t, d)
	file := d.Upload(t, "a", []byte("hello"))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			// A try that comes late finds no upload any more: it is not needed.
			if got, err := f.Pin(ctx, d.User.ID, file.ID); err != nil || got.Key != d.Get(t, file.ID).Key {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	all.Wait()
	keys, err := d.Bucket.List(ctx, files.PinnedKeys(file.ID), "")
	if err != nil || !slices.Equal(keys, []string{d.Get(t, file.ID).Key}) {
		t.Errorf("there are %q, %v", keys, err)
	}
}

// A file that an older release has processed is served from where it lies.
func TestOlderRelease(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), filestest.New(t)
	f := newFunction(t, d)
	ready, arrived := d.Upload(t, "a", []byte("hello")), d.Upload(t, "b", []byte("hello"))
	if _, err := d.Files.Finish(ctx, d.Events, d.User.ID, ready.ID, files.Result{SHA256: "old"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.DB.Exec(ctx, `UPDATE file SET key = NULL`); err != nil {
		t.Fatal(err)
	}
	for _, file := range []files.File{ready, arrived} {
		file = d.Get(t, file.ID)
		d.Send(t, file, []byte("hello"))
		if out, err := f.Handle(ctx, &files.Uploaded{FileID: file.ID, OwnerID: d.User.ID}); err != nil || out.Status != files.Ready {
			t.Errorf("Handle = %+v, %v", out, err)
		}
	}
	if got := d.Get(t, ready.ID); got.SHA256 != "old" || got.Pinned() || !d.Has(t, got.Key) {
		t.Errorf("ready: %+v", got)
	}
	if got := d.Get(t, arrived.ID); !got.Pinned() || !d.Has(t, got.Key) {
		t.Errorf("arrived: %+v", got)
	}
}

func TestDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), filestest.New(t)
	f := newFunction(t, d)
	file := d.Upload(t, "a.png", picture(t, 30, 20))
	in := &files.Uploaded{FileID: file.ID, OwnerID: d.User.ID}
	pinned, err := f.Pin(ctx, d.User.ID, file.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Files.Delete(ctx, d.Events, d.User.ID, file.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Picture(ctx, in, pinned.Key, "image/png"); err != nil {
		t.Fatal(err)
	}
	if d.Has(t, files.ThumbnailKey(file.ID)) {
		t.Error("the step leaves a thumbnail")
	}
	if _, err := f.Handle(ctx, in); err != nil {
		t.Fatal(err)
	}
	if d.Has(t, pinned.Key) || d.Has(t, file.Key) {
		t.Error("the run leaves the bytes")
	}
	if err := f.Failed(ctx, in, errors.New("gave up")); err != nil {
		t.Errorf("Failed: %v", err)
	}
}

// For anybody but its owner the file is not there, and nothing of it is touched.
func TestOthers(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), filestest.New(t)
	f := newFunction(t, d)
	file := d.Upload(t, "a.png", picture(t, 30, 20))
	gone := d.User
	for _, owner := range []string{authtest.User(t, d.DB).ID, ""} {
		in := &files.Uploaded{FileID: file.ID, OwnerID: owner}
		if out, err := f.Handle(ctx, in); err != nil || out.Status != "" {
			t.Errorf("%q: %+v, %v", owner, out, err)
		}
		if err := f.Failed(ctx, in, errors.New("gave up")); err != nil {
			t.Errorf("%q: Failed: %v", owner, err)
		}
	}
	if got := d.Get(t, file.ID); got.Status != files.Processing || !d.Has(t, file.Key) {
		t.Errorf("afterwards: %+v", got)
	}
	authtest.Delete(t, d.DB, gone)
	in := &files.Uploaded{FileID: file.ID, OwnerID: gone.ID}
	if out, err := f.Handle(ctx, in); err != nil || out.Status != "" {
		t.Errorf("without an owner: %+v, %v", out, err)
	}
	if _, err := f.Picture(ctx, in, "contents/gone", "image/png"); err != nil || d.Has(t, files.ThumbnailKey(file.ID)) {
		t.Errorf("without an owner: %v, or there is a thumbnail", err)
	}
}

func TestGaveUp(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := newFunction(t, d)
	file := d.Upload(t, "a", []byte("hello"))
	if err := f.Failed(t.Context(), &files.Uploaded{FileID: file.ID, OwnerID: d.User.ID}, errors.New("secret cause")); err != nil {
		t.Fatal(err)
	}
	got, err := d.Files.Details(t.Context(), d.User.ID, file.ID)
	if err != nil || got.Status != files.Failed || got.Reason == "" || strings.Contains(got.Reason, "secret") {
		t.Errorf("got %+v, %v", got, err)
	}
	if last := got.Steps[len(got.Steps)-1]; last.Name != files.StepFinish || last.Detail != got.Reason {
		t.Errorf("the last step is %+v", last)
	}
}

// refusing returns a bucket that refuses everything.
func refusing(t *testing.T) *bucket.Bucket {
	t.Helper()
	c := buckettest.Config(t)
	c.SecretAccessKey = "another"
	b, err := bucket.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// A step that fails tells the user so, and goes on when it is tried again.
func TestTriedAgain(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), filestest.New(t)
	f := newFunction(t, d)
	file := d.Upload(t, "a", []byte("hello"))
	in := &files.Uploaded{FileID: file.ID, OwnerID: d.User.ID}
	broken := f
	broken.Bucket = refusing(t)
	if _, err := broken.Handle(ctx, in); err == nil {
		t.Fatal("it works without a bucket")
	}
	wants := func(want string) {
		t.Helper()
		details, err := d.Files.Details(ctx, d.User.ID, file.ID)
		if got := history(details.Steps); err != nil || !strings.HasSuffix(got, want) {
			t.Errorf("history %q, %v, want %q", got, err, want)
		}
	}
	wants("uploaded done, pin running This did not work, and is tried again by itself.")
	if _, err := f.Handle(ctx, in); err != nil {
		t.Fatal(err)
	}
	wants("uploaded done, pin done, digest done It is text/plain; charset=utf-8., finish done")
}
