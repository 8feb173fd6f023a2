package bucket_test

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/shared/bucket"
	"switchyard/shared/bucket/buckettest"
	"switchyard/shared/config"
	"switchyard/shared/fault"
)

func TestMain(m *testing.M) { buckettest.Main(m) }

func TestObject(t *testing.T) {
	t.Parallel()
	ctx, b := t.Context(), buckettest.New(t)

	if _, err := b.Head(ctx, "files/a"); !fault.Is(err, fault.NotFound) {
		t.Errorf("Head of a missing object: %v, want NotFound", err)
	}
	if _, err := b.Get(ctx, "files/a"); !fault.Is(err, fault.NotFound) {
		t.Errorf("Get of a missing object: %v, want NotFound", err)
	}
	put(t, b, "files/a", "hello")
	object, err := b.Head(ctx, "files/a")
	if err != nil || object.Size != 5 || object.Type != "text/plain" || object.ETag == "" {
		t.Errorf("Head = %+v, %v", object, err)
	}
	body, err := b.Get(ctx, "files/a")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(body)
	if err != nil || string(got) != "hello" {
		t.Errorf("Get = %q, %v", got, err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := b.Delete(ctx, "files/a", "files/never"); err != nil {
			t.Errorf("Delete: %v", err)
		}
	}
	if _, err := b.Head(ctx, "files/a"); !fault.Is(err, fault.NotFound) {
		t.Errorf("Head after Delete: %v, want NotFound", err)
	}
}

func TestPresignPut(t *testing.T) {
	t.Parallel()
	b := buckettest.New(t)
	large := strings.Repeat("x", 70_000)
	tests := []struct {
		name, body, contentType string
		size                    int64
		want                    int
	}{
		{"as signed", "hello", "text/plain", 5, http.StatusOK},
		{"one byte", "h", "text/plain", 1, http.StatusOK},
		{"large", large, "text/plain", 70_000, http.StatusOK},
		{"longer", "hello!", "text/plain", 5, http.StatusForbidden},
		{"shorter", "hell", "text/plain", 5, http.StatusForbidden},
		{"none", "", "text/plain", 1, http.StatusForbidden},
		{"longer than one byte", "he", "text/plain", 1, http.StatusForbidden},
		{"large and longer", large + "x", "text/plain", 70_000, http.StatusForbidden},
		{"of another type", "hello", "text/html", 5, http.StatusForbidden},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			up, err := b.PresignPut(t.Context(), "files/"+url.PathEscape(tt.name), tt.size, "text/plain", time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			up.Headers["Content-Type"] = tt.contentType
			if got, _ := do(t, up.Method, up.URL, up.Headers, tt.body); got != tt.want {
				t.Errorf("status %d, want %d", got, tt.want)
			}
		})
	}
	// A URL that says nothing of the size takes any.
	for _, size := range []int64{0, -1} {
		if up, err := b.PresignPut(t.Context(), "files/a", size, "text/plain", time.Minute); err == nil {
			t.Errorf("a size of %d gives %+v", size, up)
		}
	}
}

// The URL is good for one upload, at a store that honours If-None-Match.
func TestPresignPutTwice(t *testing.T) {
	t.Parallel()
	b := buckettest.New(t)
	up, err := b.PresignPut(t.Context(), "files/a", 5, "text/plain", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		body string
		want int
	}{{"hello", http.StatusOK}, {"other", http.StatusPreconditionFailed}} {
		if got, _ := do(t, up.Method, up.URL, up.Headers, tt.body); got != tt.want {
			t.Errorf("%s: status %d, want %d", tt.body, got, tt.want)
		}
	}
	delete(up.Headers, "If-None-Match")
	if got, _ := do(t, up.Method, up.URL, up.Headers, "other"); got != http.StatusForbidden {
		t.Errorf("without the header: status %d", got)
	}
	for endpoint, want := range map[string]bool{
		"https://s3.eu-west-1.amazonaws.com": true, "https://storage.railway.app": false, "https://amazonaws.com.evil.example": false,
	} {
		up, err := open(t, endpoint, "auto").PresignPut(t.Context(), "files/a", 5, "text/plain", time.Minute)
		if _, has := up.Headers["If-None-Match"]; err != nil || has != want || strings.Contains(up.URL, "if-none-match") != want {
			t.Errorf("%s: %+v, %v", endpoint, up, err)
		}
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	ctx, b := t.Context(), buckettest.New(t)
	from, to := "files/a b+ü%41", "contents/1/x y"
	put(t, b, from, "hello")
	if err := b.Copy(ctx, from, to); err != nil {
		t.Fatal(err)
	}
	put(t, b, from, "other")
	body, err := b.Get(ctx, to)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = body.Close() }()
	got, err := io.ReadAll(body)
	object, headErr := b.Head(ctx, to)
	if err != nil || string(got) != "hello" || headErr != nil || object.Type != "text/plain" {
		t.Errorf("copied %q, %+v, %v, %v", got, object, err, headErr)
	}
	if err := b.Copy(ctx, "files/never", to); !fault.Is(err, fault.NotFound) {
		t.Errorf("of a missing object: %v, want NotFound", err)
	}
}

func TestListAndDeleteAll(t *testing.T) {
	t.Parallel()
	ctx, b := t.Context(), buckettest.New(t)
	for _, key := range []string{"a/1/x", "a/1/y", "a/1/z", "a/10/x", "b"} {
		put(t, b, key, "hello")
	}
	list := func(prefix, after string, want ...string) {
		t.Helper()
		if got, err := b.List(ctx, prefix, after); err != nil || !slices.Equal(got, want) {
			t.Errorf("List(%q, %q) = %q, %v, want %q", prefix, after, got, err, want)
		}
	}
	list("a/1/", "a/1/x", "a/1/y", "a/1/z")
	list("a/1/", "a/1/z")
	for range 2 {
		if err := b.DeleteAll(ctx, "a/1/"); err != nil {
			t.Error(err)
		}
	}
	list("", "", "a/10/x", "b")
}

func TestPresignGet(t *testing.T) {
	t.Parallel()
	b := buckettest.New(t)
	put(t, b, "files/a", "hello")
	long := strings.Repeat("長", 251) + ".txt"
	tests := []struct {
		name    string
		options bucket.GetOptions
		kind    string
		save    string
	}{
		{"nothing said", bucket.GetOptions{}, "attachment", ""},
		{"inline", bucket.GetOptions{Inline: true}, "inline", ""},
		{"plain", bucket.GetOptions{Filename: "a b.txt"}, "attachment", "a b.txt"},
		{"quotes", bucket.GetOptions{Filename: `a "b"; x=%41.txt`}, "attachment", `a "b"; x=%41.txt`},
		{"umlauts", bucket.GetOptions{Filename: "Grüße.txt"}, "attachment", "Grüße.txt"},
		{"a path", bucket.GetOptions{Filename: "../../etc/passwd"}, "attachment", ".._.._etc_passwd"},
		{"a header", bucket.GetOptions{Filename: "a\r\nSet-Cookie: b"}, "attachment", "a__Set-Cookie: b"},
		{"too long", bucket.GetOptions{Filename: long}, "attachment", strings.Repeat("長", 83) + ".txt"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.options.Type = "text/x-test"
			address, err := b.PresignGet(t.Context(), "files/a", time.Minute, tt.options)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(address, b.Origin()+"/") {
				t.Errorf("%s is not below %s", address, b.Origin())
			}
			status, header := do(t, http.MethodGet, address, nil, "")
			kind, params, err := mime.ParseMediaType(header.Get("Content-Disposition"))
			if status != http.StatusOK || err != nil || kind != tt.kind || params["filename"] != tt.save {
				t.Errorf("status %d, %s %q (%v), want %s %q", status, kind, params["filename"], err, tt.kind, tt.save)
			}
			if got := header.Get("Content-Type"); got != "text/x-test" {
				t.Errorf("type %q", got)
			}
		})
	}
}

func TestAllowUploads(t *testing.T) {
	t.Parallel()
	b := buckettest.New(t)
	for range 2 {
		if err := b.AllowUploads(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	up, err := b.PresignPut(t.Context(), "files/a", 5, "text/plain", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	status, header := do(t, http.MethodOptions, up.URL, map[string]string{
		"Origin":                         "https://shop.example",
		"Access-Control-Request-Method":  "PUT",
		"Access-Control-Request-Headers": "content-type",
	}, "")
	if got := header.Get("Access-Control-Allow-Origin"); status >= 300 || got == "" {
		t.Errorf("preflight: status %d, allowed origin %q", status, got)
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	tests := []struct{ endpoint, style, want string }{
		{"https://storage.railway.app", "auto", "https://photos.storage.railway.app"},
		{"https://storage.railway.app", "path", "https://storage.railway.app"},
		{"http://127.0.0.1:7070", "auto", "http://127.0.0.1:7070"},
		{"http://localhost:7070", "auto", "http://localhost:7070"},
	}
	for _, tt := range tests {
		t.Run(tt.endpoint+" "+tt.style, func(t *testing.T) {
			t.Parallel()
			if got := open(t, tt.endpoint, tt.style).Origin(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// A store that is down is a reason to try again, not a missing object.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	b := open(t, "http://127.0.0.1:1", "path")
	if _, err := b.Head(t.Context(), "files/a"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Head: %v, want Unavailable", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Head(ctx, "files/a"); err == nil || fault.Is(err, fault.Unavailable) {
		t.Errorf("Head after cancel: %v, want the context's error", err)
	}
}

func open(t *testing.T, endpoint, style string) *bucket.Bucket {
	t.Helper()
	env := map[string]string{
		"BUCKET": "photos", "ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret",
		"ENDPOINT": endpoint, "AWS_S3_URL_STYLE": style,
	}
	r := config.NewReader(func(name string) string { return env[name] })
	section := config.Read[config.Bucket](r)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	b, err := bucket.Open(t.Context(), section)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func put(t *testing.T, b *bucket.Bucket, key, body string) {
	t.Helper()
	if err := b.Put(t.Context(), key, strings.NewReader(body), int64(len(body)), "text/plain"); err != nil {
		t.Fatal(err)
	}
}

// do returns the status and headers that answer a request without credentials.
func do(t *testing.T, method, address string, headers map[string]string, body string) (int, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header
}

func TestTokenOfRole(t *testing.T) {
	t.Parallel()
	for key, token := range map[string]string{"ASIA": "role's", "own": ""} {
		c := config.Bucket{
			Name: "files", AccessKeyID: key, SecretAccessKey: "s", Region: "eu-west-1",
			Role: config.Role{RoleKeyID: "ASIA", RoleSecret: "s", RoleToken: "role's"},
		}
		if err := c.Endpoint.UnmarshalText([]byte("https://s3.eu-west-1.amazonaws.com")); err != nil {
			t.Fatal(err)
		}
		b, err := bucket.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := b.PresignGet(t.Context(), "k", time.Minute, bucket.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(signed)
		if err != nil {
			t.Fatal(err)
		}
		if got := u.Query().Get("X-Amz-Security-Token"); got != token {
			t.Errorf("%s: the URL has the token %q, want %q", key, got, token)
		}
		if u.Host != "files.s3.eu-west-1.amazonaws.com" {
			t.Errorf("the URL leads to %s", u.Host)
		}
	}
}
