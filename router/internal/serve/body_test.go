package serve_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/shared/fn"
)

// large answers with n bytes of text.
type large struct{}

type largeInput struct {
	N int `query:"n" default:"5000"`
}

type largeOutput struct {
	Body struct {
		Text string `json:"text"`
	}
}

func (large) Handle(_ context.Context, in *largeInput) (*largeOutput, error) {
	out := &largeOutput{}
	out.Body.Text = strings.Repeat("all the same ", in.N/13)
	return out, nil
}

// texts are functions whose answers are worth compressing, or just not.
func texts() []function.Function {
	text := strings.Repeat("all the same\n", 400)
	with := func(name string, headers ...string) function.Function {
		return page("pages/"+name, "/"+name, func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			size, _ := strconv.Atoi(r.URL.Query().Get("n"))
			if size == 0 {
				size = len(text)
			}
			_, _ = io.WriteString(w, text[:size])
		})
	}
	return append(crossed(),
		with("html", "Content-Type", "text/html; charset=utf-8"),
		with("guessed"),
		with("tagged", "Content-Type", "text/plain", "Etag", `"v1"`),
		with("weak", "Content-Type", "text/plain", "Etag", `W/"v1"`, "Vary", "Cookie"),
		with("kept", "Content-Type", "text/plain", "Cache-Control", "public, No-Transform"),
		with("packed", "Content-Type", "text/plain", "Content-Encoding", "br"),
		with("picture", "Content-Type", "image/png"),
		with("untyped", "Content-Type", "application/octet-stream"),
		with("declared", "Content-Type", "text/plain", "Content-Length", strconv.Itoa(len(text))),
		page("pages/served", "GET /served", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"v1"`)
			http.ServeContent(w, r, "a.txt", time.Time{}, strings.NewReader(text))
		}),
		page("pages/pieces", "GET /pieces", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusTeapot)
			for _, line := range strings.SplitAfter(text, "\n") {
				_, _ = io.WriteString(w, line)
			}
		}),
		page("pages/late", "GET /late", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusOK)
			w.Header().Set("X-Late", "yes")
			_, _ = io.WriteString(w, text)
		}),
		page("pages/breaks", "GET /breaks", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, text)
			panic("hunter2")
		}),
		page("pages/stream", "GET /stream", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", r.URL.Query().Get("type"))
			for i := range 3 {
				fmt.Fprintf(w, "data: %d\n\n", i)
				_ = http.NewResponseController(w).Flush()
				if i < 2 {
					<-r.Context().Value(stepKey{}).(chan struct{})
				}
			}
		}),
		typed("api/large", fn.Endpoint{Route: "GET /api/large", Access: fn.Public}, endpoint.New(large{})),
		typed("api/tagged", fn.Endpoint{Route: "GET /api/tagged", Access: fn.Public, ETag: true}, endpoint.New(large{})),
	)
}

type stepKey struct{}

// plain returns what the body of an answer says, whatever its coding.
func plain(t *testing.T, got answered) string {
	t.Helper()
	var r io.Reader = strings.NewReader(got.body)
	switch got.header.Get("Content-Encoding") {
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		r = z
	case "zstd":
		z, err := zstd.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		r = z
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const browserCodings = "Accept-Encoding: gzip, deflate, br, zstd"

func TestCompression(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: texts()})
	const vary = "Accept-Encoding"
	for _, tt := range []struct {
		path, accept string
		coding, vary string
		etag         string
	}{
		{"/html", browserCodings, "zstd", vary, ""},
		{"/html", "Accept-Encoding: gzip", "gzip", vary, ""},
		{"/html", "Accept-Encoding: gzip;q=0, zstd;q=0.1", "zstd", vary, ""},
		{"/html", "Accept-Encoding: br", "", vary, ""},
		{"/html", "Accept-Encoding: identity", "", vary, ""},
		{"/html?n=1024", browserCodings, "zstd", vary, ""},
		{"/html?n=1023", browserCodings, "", "", ""},
		{"/guessed", browserCodings, "zstd", vary, ""},
		{"/tagged", browserCodings, "zstd", vary, `W/"v1"`},
		{"/tagged", "Accept-Encoding: identity", "", vary, `"v1"`},
		{"/tagged?n=5", browserCodings, "", "", `"v1"`},
		{"/weak", browserCodings, "zstd", "Cookie, " + vary, `W/"v1"`},
		{"/kept", browserCodings, "", "", ""},
		{"/picture", browserCodings, "", "", ""},
		{"/untyped", browserCodings, "", "", ""},
		{"/declared", browserCodings, "zstd", vary, ""},
		{"/served", browserCodings, "zstd", vary, `W/"v1"`},
		{"/pieces", browserCodings, "zstd", vary, ""},
		{"/late", browserCodings, "zstd", vary, ""},
		{"/api/large", browserCodings, "zstd", vary, ""},
		{"/api/large?n=100", browserCodings, "", "", ""},
		{"/nowhere", browserCodings, "", "Accept", ""},
		{"/openapi.json", browserCodings, "zstd", vary, "any"},
		{"/docs", "Accept-Encoding: br, gzip;q=0.1", "gzip", vary, "any"},
		{"/docs/assets/docs.css", browserCodings, "zstd", vary, "any"},
		{"/docs/assets/docs.css", "Accept-Encoding: gzip;q=0", "", vary, "any"},
	} {
		raw := send(t, "GET", host.url+tt.path, nil, "Accept-Encoding: identity")
		got := send(t, "GET", host.url+tt.path, nil, tt.accept)
		h := got.header
		if h.Get("Content-Encoding") != tt.coding || strings.Join(h.Values("Vary"), ", ") != tt.vary {
			t.Errorf("%s, %s: %v", tt.path, tt.accept, h)
		}
		if etag := h.Get("Etag"); etag != tt.etag && tt.etag != "any" {
			t.Errorf("%s, %s: Etag is %s", tt.path, tt.accept, etag)
		}
		if tt.path != "/nowhere" && plain(t, got) != raw.body || got.status != raw.status || h.Get("Content-Type") != raw.header.Get("Content-Type") {
			t.Errorf("%s, %s: %d %v, want %d %v, and the same text", tt.path, tt.accept, got.status, h, raw.status, raw.header)
		}
		if length := h.Get("Content-Length"); length != "" && length != strconv.Itoa(len(got.body)) {
			t.Errorf("%s: Content-Length is %s of %d", tt.path, length, len(got.body))
		}
		if h.Get("X-Late") != "" {
			t.Errorf("%s: a header that is too late is sent", tt.path)
		}
		if strings.HasPrefix(tt.path, "/pieces") || got.header.Get("Allow") != "" {
			continue
		}
		if head := send(t, "HEAD", host.url+tt.path, nil, tt.accept); head.header.Get("Content-Encoding") != tt.coding || head.header.Get("Etag") != h.Get("Etag") || head.body != "" {
			t.Errorf("%s, %s: HEAD: %v", tt.path, tt.accept, head.header)
		}
	}
	if got := send(t, "GET", host.url+"/packed", nil, browserCodings); got.header.Get("Content-Encoding") != "br" || !strings.HasPrefix(got.body, "all the") {
		t.Errorf("compressed already: %v", got.header)
	}
	part := send(t, "GET", host.url+"/served", nil, browserCodings, "Range: bytes=0-2999")
	if part.status != 206 || part.header.Get("Content-Encoding") != "" || part.header.Get("Etag") != `"v1"` || len(part.body) != 3000 {
		t.Errorf("a part: %d %v", part.status, part.header)
	}
	for sent, want := range map[string]string{`W/"v1"`: `W/"v1"`, `"v1"`: `"v1"`} {
		if got := send(t, "GET", host.url+"/served", nil, browserCodings, "If-None-Match: "+sent); got.status != 304 || got.header.Get("Etag") != want {
			t.Errorf("again: %d %v", got.status, got.header)
		}
	}
}

// With cookies, only what a page of ours asked for is compressed.
func TestCompressionKeepsSecrets(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: texts(), Server: public(t, "https://shop.example", friend)})
	for headers, want := range map[string]bool{
		"":                           true,
		"Sec-Fetch-Site: cross-site": true, // nobody's secrets
		"Authorization: Bearer sw_x": true, // which no page has browsers send
		"Cookie: a=b|Sec-Fetch-Site: same-origin":                 true,
		"Cookie: a=b|Sec-Fetch-Site: none":                        true,
		"Cookie: a=b|Sec-Fetch-Site: same-site|Origin: " + friend: true,
		"Cookie: a=b":                                                false,
		"Cookie: a=b|Sec-Fetch-Site: cross-site":                     false,
		"Cookie: a=b|Sec-Fetch-Site: same-site":                      false,
		"Cookie: a=b|Sec-Fetch-Site: cross-site|Origin: " + stranger: false,
		"Cookie: a=b|Sec-Fetch-Site: same-origin|Sec-Fetch-Site: a":  false,
		"Authorization: Basic YTpi|Sec-Fetch-Site: cross-site":       false,
		"Switchyard-Caller: x|Accept: */*":                           false, // the router that admits decides
	} {
		all := []string{browserCodings}
		if headers != "" {
			all = append(all, strings.Split(headers, "|")...)
		}
		got := send(t, "GET", host.url+"/html", nil, all...)
		if packed := got.header.Get("Content-Encoding") != ""; packed != want || !strings.Contains(strings.Join(got.header.Values("Vary"), ", "), "Accept-Encoding") {
			t.Errorf("%q: %v", headers, got.header)
		}
	}
}

// What is flushed arrives at once, compressed or not.
func TestCompressedStream(t *testing.T) {
	t.Parallel()
	step := make(chan struct{})
	functions := texts()
	for i := range functions {
		bind := functions[i].Bind
		if functions[i].Name == "pages/stream" {
			functions[i].Bind = func() any {
				next, _ := bind().(http.Handler)
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), stepKey{}, step)))
				})
			}
		}
	}
	host := start(t, serve.Config{Functions: functions})
	for kind, want := range map[string]string{"text/event-stream": "", "application/x-ndjson": "gzip"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, host.url+"/stream?type="+kind, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "gzip")
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if got := res.Header.Get("Content-Encoding"); got != want {
			t.Errorf("%s: Content-Encoding is %q", kind, got)
		}
		var body io.Reader = res.Body
		if want != "" {
			if body, err = gzip.NewReader(body); err != nil {
				t.Fatal(err)
			}
		}
		lines := bufio.NewScanner(body)
		for i := 0; i < 3 && lines.Scan(); {
			if lines.Text() != "" {
				if i < 2 {
					step <- struct{}{} // only now the next one is written
				}
				i++
			}
		}
		rest, err := io.ReadAll(body)
		if err != nil || len(bytes.TrimSpace(rest)) > 0 {
			t.Errorf("%s: the end: %q %v", kind, rest, err)
		}
	}
}

// An answer that breaks off has no end that makes it look whole.
func TestCompressedAbort(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: texts()})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, host.url+"/breaks", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		defer res.Body.Close()
		_, err = io.ReadAll(res.Body)
	}
	if err == nil {
		t.Error("it looks whole")
	}
}

func TestETag(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: texts()})
	for _, path := range []string{"/api/tagged", "/api/tagged?n=26"} {
		first := send(t, "GET", host.url+path, nil, browserCodings)
		tag := first.header.Get("Etag")
		if !strings.HasPrefix(tag, `W/"`) || first.header.Get("Cache-Control") != "private, no-cache" || first.status != 200 {
			t.Fatalf("%s: %d %v", path, first.status, first.header)
		}
		if head := send(t, "HEAD", host.url+path, nil); head.header.Get("Etag") != tag || head.status != 200 {
			t.Errorf("%s: HEAD: %d %v", path, head.status, head.header)
		}
		strong := strings.TrimPrefix(tag, "W/")
		for sent, same := range map[string]bool{
			tag: true, strong: true, "*": true, ",, ," + tag + ",": true, `"a", ` + tag: true, `"a",W/"b" , ` + strong + `, "c"`: true, `"a"|` + tag: true,
			`"a"`: false, `W/"a", "b"`: false, "": false, strings.Trim(strong, `"`): false, `"a` + strong: false, `"` + tag + `"`: false, `"`: false, "W/": false,
		} {
			headers := []string{browserCodings}
			for line := range strings.SplitSeq(sent, "|") {
				headers = append(headers, "If-None-Match: "+line)
			}
			got := send(t, "GET", host.url+path, nil, headers...)
			want := 200
			if same {
				want = 304
			}
			h := got.header
			if got.status != want || h.Get("Etag") != tag || h.Get("Vary") != first.header.Get("Vary") || h.Get("Cache-Control") != "private, no-cache" {
				t.Errorf("%s, %s: %d %v", path, sent, got.status, h)
			}
			if same && (got.body != "" || h.Get("Content-Type") != "" || h.Get("Content-Encoding") != "") {
				t.Errorf("%s, %s: %v %q", path, sent, h, got.body)
			}
		}
	}
	if got := send(t, "GET", host.url+"/api/tagged?n=x", nil); got.status != 422 || got.header.Get("Etag") != "" {
		t.Errorf("an error: %d %v", got.status, got.header)
	}
	if got := send(t, "GET", host.url+"/api/large", nil); got.header.Get("Etag") != "" {
		t.Errorf("nobody asked for a tag: %v", got.header)
	}
}
