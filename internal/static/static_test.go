package static_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"switchyard/internal/coding"
	"switchyard/internal/static"
)

func get(c http.Handler, method string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, "/", nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w.Result()
}

func TestContent(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("body { color: red }\n", 200)
	c := static.New("text/css; charset=utf-8", []byte(text))
	tags := map[string]bool{}
	for accept, want := range map[string]string{"": "", "gzip": "gzip", "zstd, gzip": "zstd", "gzip;q=0": ""} {
		got := get(c, "GET", "Accept-Encoding: "+accept)
		h := got.Header
		if h.Get("Content-Encoding") != want || h.Get("Vary") != "Accept-Encoding" || h.Get("Content-Type") != "text/css; charset=utf-8" || got.StatusCode != http.StatusOK {
			t.Errorf("%q: %d %v", accept, got.StatusCode, h)
		}
		size, small := h.Get("Content-Length"), want != ""
		if n, err := strconv.Atoi(size); err != nil || (n < len(text)/10) != small {
			t.Errorf("%q: Content-Length is %q of %d", accept, size, len(text))
		}
		etag := h.Get("Etag")
		tags[etag] = true
		for _, method := range []string{"GET", "HEAD"} {
			if again := get(c, method, "Accept-Encoding: "+accept, "If-None-Match: "+etag); again.StatusCode != http.StatusNotModified || again.Header.Get("Etag") != etag || again.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%q: %s again: %d %v", accept, method, again.StatusCode, again.Header)
			}
		}
		if head := get(c, "HEAD", "Accept-Encoding: "+accept); head.Header.Get("Content-Length") != size || head.Header.Get("Etag") != etag {
			t.Errorf("%q: HEAD: %v", accept, head.Header)
		}
	}
	if len(tags) != 3 {
		t.Errorf("different bytes have one tag: %v", tags)
	}
	part := get(c, "GET", "Accept-Encoding: gzip", "Range: bytes=0-3")
	if part.StatusCode != http.StatusPartialContent || part.Header.Get("Content-Encoding") != "" {
		t.Errorf("a part: %d %v", part.StatusCode, part.Header)
	}
}

func TestNotWorth(t *testing.T) {
	t.Parallel()
	for kind, size := range map[string]int{"text/css": coding.MinSize - 1, "image/png": 10 * coding.MinSize} {
		got := get(static.New(kind, make([]byte, size)), "GET", "Accept-Encoding: gzip")
		if got.Header.Get("Content-Encoding") != "" || got.Header.Get("Vary") != "" || got.Header.Get("Etag") == "" {
			t.Errorf("%s: %v", kind, got.Header)
		}
	}
}

// Those who ask first, at the same time, get the same.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	c := static.New("text/plain", make([]byte, 10*coding.MinSize))
	var all sync.WaitGroup
	sizes := make([]string, 8)
	for i := range sizes {
		all.Go(func() { sizes[i] = get(c, "GET", "Accept-Encoding: zstd").Header.Get("Content-Length") })
	}
	all.Wait()
	for _, size := range sizes {
		if size != sizes[0] || size == "" {
			t.Fatalf("sizes are %q", sizes)
		}
	}
}

func TestPacked(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(`{"a": 1}`, 5000)
	c := static.Pack("application/json", []byte(text))
	tags := map[string]bool{}
	for accept, want := range map[string]string{"": "", "gzip": "gzip", "zstd": "zstd", "br, gzip": "gzip"} {
		got := get(c, "GET", "Accept-Encoding: "+accept)
		body, err := io.ReadAll(got.Body)
		if h := got.Header; h.Get("Content-Encoding") != want || h.Get("Vary") != "Accept-Encoding" || err != nil {
			t.Errorf("%q: %v, %v", accept, h, err)
		}
		if want == "" && string(body) != text || want != "" && len(body) > len(text)/10 {
			t.Errorf("%q: %d bytes of %d", accept, len(body), len(text))
		}
		tag := got.Header.Get("Etag")
		tags[tag] = true
		if again := get(c, "GET", "Accept-Encoding: "+accept, "If-None-Match: "+tag); again.StatusCode != http.StatusNotModified {
			t.Errorf("%q: again: %d", accept, again.StatusCode)
		}
	}
	if len(tags) != 3 {
		t.Errorf("different bytes have one tag: %v", tags)
	}
	part := get(c, "GET", "Accept-Encoding: gzip", "Range: bytes=1-3")
	if body, _ := io.ReadAll(part.Body); part.StatusCode != http.StatusPartialContent || string(body) != text[1:4] {
		t.Errorf("a part: %d %q", part.StatusCode, body)
	}
}
