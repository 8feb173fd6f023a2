package bucket_test

import (
	"bytes"
	"net/http"
	"slices"
	"testing"
	"time"

	"switchyard/shared/bucket"
	"switchyard/shared/bucket/buckettest"
	"switchyard/shared/fault"
)

// send makes the presigned request with this body and returns the status.
func send(t *testing.T, r bucket.Request, body []byte) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.Method, r.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range r.Headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// sendPart sends body as a part.
func sendPart(t *testing.T, b *bucket.Bucket, u bucket.Upload, number int, body []byte) int {
	t.Helper()
	r, err := b.PresignPart(t.Context(), u, number, int64(len(body)), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, r, body)
}

func begin(t *testing.T, b *bucket.Bucket, key string) bucket.Upload {
	t.Helper()
	u, err := b.Begin(t.Context(), key, "text/plain")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestMultipart(t *testing.T) {
	t.Parallel()
	ctx, b := t.Context(), buckettest.New(t)
	u := begin(t, b, "uploads/a")
	first, second := bytes.Repeat([]byte("a"), bucket.MinPartSize), []byte("end")
	if got := sendPart(t, b, u, 2, second); got != http.StatusOK {
		t.Fatalf("part 2: %d", got)
	}
	if parts, err := b.Parts(ctx, u); err != nil || len(parts) != 1 || parts[0].Number != 2 || parts[0].Size != 3 {
		t.Errorf("parts %+v, %v", parts, err)
	}
	if got := sendPart(t, b, u, 1, first); got != http.StatusOK {
		t.Fatalf("part 1: %d", got)
	}
	parts, err := b.Parts(ctx, u)
	if err != nil || len(parts) != 2 {
		t.Fatalf("parts %+v, %v", parts, err)
	}
	if _, err := b.Head(ctx, u.Key); !fault.Is(err, fault.NotFound) {
		t.Errorf("before it is assembled: %v, want NotFound", err)
	}
	if err := b.Assemble(ctx, u, parts); err != nil {
		t.Fatal(err)
	}
	object, err := b.Head(ctx, u.Key)
	if err != nil || object.Size != bucket.MinPartSize+3 || object.Type != "text/plain" {
		t.Errorf("Head = %+v, %v", object, err)
	}
	// A small one: the server may close the connection while a refused one is still being sent.
	if got := sendPart(t, b, u, 1, second); got != http.StatusNotFound {
		t.Errorf("a part after the end: %d, want 404", got)
	}
	if _, err := b.Parts(ctx, u); !fault.Is(err, fault.NotFound) {
		t.Errorf("Parts after the end: %v, want NotFound", err)
	}
	if err := b.Assemble(ctx, u, parts); err != nil && !fault.Is(err, fault.NotFound) {
		t.Errorf("Assemble again: %v", err)
	}
}

// The size is signed.
func TestPartOfAnotherSize(t *testing.T) {
	t.Parallel()
	b := buckettest.New(t)
	u := begin(t, b, "uploads/a")
	r, err := b.PresignPart(t.Context(), u, 1, 5, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if got := send(t, r, []byte("longer than that")); got != http.StatusForbidden {
		t.Errorf("status %d, want 403", got)
	}
	if _, err := b.PresignPart(t.Context(), u, 0, 5, time.Minute); err == nil {
		t.Error("part 0 was signed")
	}
}

func TestAbort(t *testing.T) {
	t.Parallel()
	ctx, b := t.Context(), buckettest.New(t)
	gone, again, kept := begin(t, b, "uploads/a"), begin(t, b, "uploads/a"), begin(t, b, "uploads/b")
	for _, u := range []bucket.Upload{gone, again, kept} {
		if got := sendPart(t, b, u, 1, []byte("x")); got != http.StatusOK {
			t.Fatalf("part: %d", got)
		}
	}
	if err := b.AbortAll(ctx, "uploads/a"); err != nil {
		t.Fatal(err)
	}
	if left, err := b.Uploads(ctx, "uploads/", ""); err != nil || !slices.Equal(left, []bucket.Upload{kept}) {
		t.Errorf("left are %+v, %v", left, err)
	}
	if after, err := b.Uploads(ctx, "uploads/", kept.Key); err != nil || len(after) != 0 {
		t.Errorf("after the last: %+v, %v", after, err)
	}
	for range 2 {
		if err := b.Abort(ctx, kept); err != nil {
			t.Errorf("Abort: %v", err)
		}
	}
	if _, err := b.Parts(ctx, gone); !fault.Is(err, fault.NotFound) {
		t.Errorf("Parts: %v, want NotFound", err)
	}
}
