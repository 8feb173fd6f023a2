package parts_test

import (
	"bytes"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/functions/api/files/parts"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/bucket"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

// body is sent in two parts.
var body = bytes.Repeat([]byte("0123456789abcdef"), files.PartSize/16+1) //nolint:gochecknoglobals // a constant, but for its length

// ask returns what is to be sent next.
func ask(t *testing.T, d *filestest.Desk, id uuid.UUID) *parts.Output {
	t.Helper()
	out, err := parts.Function{Files: d.Files, Bucket: d.Bucket}.Handle(authtest.As(t, d.User), &parts.Input{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func send(t *testing.T, p parts.Part) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), p.Method, p.URL, bytes.NewReader(body[p.Offset:p.Offset+p.Size]))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range p.Headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("part %d: status %d", p.Number, resp.StatusCode)
	}
}

// An upload that was cut off goes on with the parts that are missing.
func TestResume(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	file := d.Create(t, "a", body)
	out := ask(t, d, file.ID)
	if got := out.Body; got.Arrived != 0 || len(got.Parts) != 2 || got.Parts[1].Offset != files.PartSize || got.Parts[1].Size != 16 {
		t.Fatalf("at first: %+v", got)
	}
	send(t, out.Body.Parts[1])
	out = ask(t, d, file.ID)
	if got := out.Body; got.Arrived != 16 || len(got.Parts) != 1 || got.Parts[0].Number != 1 {
		t.Fatalf("after the second part: %+v", got)
	}
	in := &parts.Input{ID: file.ID}
	in.Body.Again = []int{2}
	if again, err := (parts.Function{Files: d.Files, Bucket: d.Bucket}).Handle(authtest.As(t, d.User), in); err != nil || len(again.Body.Parts) != 2 {
		t.Errorf("the second part is in doubt: %+v, %v", again, err)
	}
	send(t, out.Body.Parts[0])
	if got := ask(t, d, file.ID).Body; got.Arrived != file.Size || len(got.Parts) != 0 {
		t.Fatalf("after both: %+v", got)
	}
}

// The bucket has assembled the parts, but nobody was told.
func TestAssembled(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	file := d.Create(t, "a", body)
	for _, p := range ask(t, d, file.ID).Body.Parts {
		send(t, p)
	}
	upload := bucket.Upload{Key: file.Key, ID: d.Get(t, file.ID).Upload}
	arrived, err := d.Bucket.Parts(t.Context(), upload)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Bucket.Assemble(t.Context(), upload, arrived); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, d, file.ID).Body; got.Arrived != file.Size || len(got.Parts) != 0 {
		t.Errorf("parts: %+v", got)
	}
}

// A store may give up uploads that take long: they begin anew.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	file := d.Create(t, "a", body)
	send(t, ask(t, d, file.ID).Body.Parts[0])
	if err := d.Bucket.AbortAll(t.Context(), file.Key); err != nil {
		t.Fatal(err)
	}
	out := ask(t, d, file.ID)
	if got := out.Body; got.Arrived != 0 || len(got.Parts) != 2 {
		t.Fatalf("%+v", got)
	}
	send(t, out.Body.Parts[0])
}

// Whoever sends for more than a day is not swept away in the middle.
func TestSlow(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	day := time.Now().Add(-24 * time.Hour)
	slow, left := d.Create(t, "a", body), d.Create(t, "b", body)
	ask(t, d, slow.ID)
	ask(t, d, left.ID)
	if _, err := d.DB.Exec(t.Context(), `UPDATE file SET created_at = now() - interval '2 days', updated_at = now() - interval '2 days'`); err != nil {
		t.Fatal(err)
	}
	ask(t, d, slow.ID)
	if n, err := d.Files.DeleteAbandoned(t.Context(), d.Events, day, 10); err != nil || n != 1 {
		t.Errorf("%d are abandoned, %v; want one", n, err)
	}
	d.Get(t, slow.ID)
}

// Requests at once share one upload.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	file := d.Create(t, "a", body)
	ctx := authtest.As(t, d.User)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := (parts.Function{Files: d.Files, Bucket: d.Bucket}).Handle(ctx, &parts.Input{ID: file.ID}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	uploads, err := d.Bucket.Uploads(t.Context(), files.Uploads, "")
	if err != nil || len(uploads) != 1 || uploads[0].ID != d.Get(t, file.ID).Upload {
		t.Errorf("uploads %+v, %v", uploads, err)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := parts.Function{Files: d.Files, Bucket: d.Bucket}
	large, small, arrived := d.Create(t, "a", body), d.Create(t, "b", []byte("x")), d.Upload(t, "c", []byte("x"))
	if _, err := f.Handle(authtest.As(t, authtest.User(t, d.DB)), &parts.Input{ID: large.ID}); !fault.Is(err, fault.NotFound) {
		t.Errorf("another user: %v, want NotFound", err)
	}
	for _, file := range []files.File{small, arrived} {
		if _, err := f.Handle(authtest.As(t, d.User), &parts.Input{ID: file.ID}); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v, want Conflict", file.Name, err)
		}
	}
	if uploads, err := d.Bucket.Uploads(t.Context(), "", ""); err != nil || len(uploads) != 0 {
		t.Errorf("uploads %+v, %v", uploads, err)
	}
}
