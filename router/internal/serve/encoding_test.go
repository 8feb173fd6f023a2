package serve_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/shared/fn"
)

// takers are functions that take bodies of up to 100 bytes, each in its way.
func takers() []function.Function {
	const most = 100
	taker := func(name string, encoded bool, h http.HandlerFunc) function.Function {
		return function.Function{
			Name: "pages/" + name, Spec: fn.Page{Route: "/" + name, Access: fn.Public, MaxBody: most, Encoded: encoded},
			Bind: func() any { return h },
		}
	}
	return []function.Function{
		typed("api/echo", fn.Endpoint{Route: "POST /echo", Access: fn.Public, MaxBody: most}, endpoint.New(echo{})),
		typed("api/query", fn.Endpoint{Route: "GET /query", Access: fn.Public}, endpoint.New(empty{})),
		taker("form", false, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "name ", r.FormValue("name")) }),
		taker("strict", false, func(w http.ResponseWriter, r *http.Request) {
			if err := r.ParseForm(); err != nil {
				http.Error(w, "no", http.StatusBadRequest)
			}
		}),
		taker("file", false, func(w http.ResponseWriter, r *http.Request) {
			if _, _, err := r.FormFile("file"); err != nil {
				http.Redirect(w, r, "/form", http.StatusSeeOther)
			}
		}),
		taker("mute", false, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body) }),
		taker("own", false, func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				_, _ = io.WriteString(w, "our own words")
			}
		}),
		taker("packed", true, func(w http.ResponseWriter, r *http.Request) {
			plain, err := gzip.NewReader(r.Body)
			if err == nil {
				_, err = io.Copy(w, plain)
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
			}
		}),
	}
}

// What is over the limit is 413, whatever says how long it is, and whatever the function
// makes of the half that it got.
func TestTooLargeHoweverFramed(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: takers()})
	h2 := &http.Transport{Protocols: new(http.Protocols)}
	h2.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(h2.CloseIdleConnections)
	const asForm = "application/x-www-form-urlencoded"
	var file bytes.Buffer
	form := multipart.NewWriter(&file)
	if part, err := form.CreateFormFile("file", "a.txt"); err == nil {
		_, _ = part.Write(bytes.Repeat([]byte("x"), 5000))
	}
	_ = form.Close()
	for path, body := range map[string][2]string{
		"/echo":   {"application/json", `{"name":"x"` + strings.Repeat(" ", 100) + `}`},
		"/form":   {asForm, "name=" + strings.Repeat("x", 100)},
		"/strict": {asForm, "name=" + strings.Repeat("x", 100)},
		"/file":   {form.FormDataContentType(), file.String()},
		"/mute":   {"text/plain", strings.Repeat("x", 101)},
		"/own":    {"text/plain", strings.Repeat("x", 101)},
	} {
		for framing, framed := range map[string]struct {
			by      http.RoundTripper
			chunked bool
			expect  bool
		}{
			"length":           {http.DefaultTransport, false, false},
			"chunked":          {http.DefaultTransport, true, false},
			"expects 100":      {http.DefaultTransport, false, true},
			"chunked, expects": {http.DefaultTransport, true, true},
			"HTTP/2":           {h2, false, false},
			"HTTP/2 without":   {h2, true, false},
		} {
			var reader io.Reader = strings.NewReader(body[1])
			if framed.chunked {
				reader = struct{ io.Reader }{reader}
			}
			continued := false
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { continued = true }})
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, host.url+path, reader)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", body[0])
			if framed.expect {
				r.Header.Set("Expect", "100-continue")
			}
			res, err := framed.by.RoundTrip(r)
			if err != nil {
				t.Errorf("%s, %s: %v", path, framing, err)
				continue
			}
			text, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if res.StatusCode != http.StatusRequestEntityTooLarge || strings.Contains(string(text), "name x") {
				t.Errorf("%s, %s: %d %s, want 413", path, framing, res.StatusCode, text)
			}
			if framed.expect && !framed.chunked && continued {
				t.Errorf("%s: a body was asked for that is too large", path)
			}
		}
	}
}

// What would be dropped, or read as something else, is refused.
func TestWhatIsNotUnderstood(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: takers()})
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = io.WriteString(w, `{"name":"x"}`)
	_ = w.Close()
	for name, tt := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
	}{
		"a bad escape":              {"GET", "/query?a=%zz", "", nil, 400},
		"half an escape":            {"GET", "/query?a=%4", "", nil, 400},
		"a bad escape in a name":    {"GET", "/form?%=1", "", nil, 400},
		"a bad escape, to a page":   {"GET", "/form?name=%u00e4", "", nil, 400},
		"an escaped percent":        {"GET", "/form?name=%25zz", "", nil, 200},
		"a bad escape, at health":   {"GET", "/livez?a=%zz", "", nil, 400},
		"gzip":                      {"POST", "/echo", packed.String(), []string{asJSON, "Content-Encoding: gzip"}, 415},
		"what nobody knows":         {"POST", "/echo", `{"name":"x"}`, []string{asJSON, "Content-Encoding: rot13"}, 415},
		"two encodings":             {"POST", "/echo", `{"name":"x"}`, []string{asJSON, "Content-Encoding: identity, br"}, 415},
		"as it is":                  {"POST", "/echo", `{"name":"x"}`, []string{asJSON, "Content-Encoding: Identity"}, 200},
		"gzip, to a page":           {"POST", "/form", packed.String(), []string{"Content-Encoding: gzip"}, 415},
		"gzip, to one that asks":    {"POST", "/packed", packed.String(), []string{"Content-Encoding: gzip"}, 200},
		"another media type":        {"POST", "/echo", "name=x", []string{"Content-Type: application/x-www-form-urlencoded"}, 415},
		"JSON of another character": {"POST", "/echo", `{"name":"x"}`, []string{"Content-Type: application/json; charset=iso-8859-1"}, 415},
		"JSON in UTF-8":             {"POST", "/echo", `{"name":"x"}`, []string{"Content-Type: application/json;charset=UTF-8"}, 200},
		"a kind of JSON":            {"POST", "/echo", `{"name":"x"}`, []string{"Content-Type: application/merge-patch+json"}, 200},
		"no media type at all":      {"POST", "/echo", `{"name":"x"}`, []string{"Content-Type: ;"}, 415},
	} {
		got := send(t, tt.method, host.url+tt.path, strings.NewReader(tt.body), tt.headers...)
		if got.status != tt.status {
			t.Errorf("%s: %d %s, want %d", name, got.status, got.body, tt.status)
		}
		if got.status >= 400 && got.header.Get("Content-Type") != answer.ContentType {
			t.Errorf("%s: %v", name, got.header)
		}
		if encoded := strings.Contains(strings.Join(tt.headers, " "), "Content-Encoding"); got.status == 415 && encoded && got.header.Get("Accept-Encoding") != "identity" {
			t.Errorf("%s: it does not say what is accepted: %v", name, got.header)
		}
	}
}
