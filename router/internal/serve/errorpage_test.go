package serve_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/shared/fn"
)

const browserAccepts = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// look is a product's own.
type look struct{}

func (look) Trouble(w http.ResponseWriter, _ *http.Request, status int, message string) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<p>Oh: %s", message)
}

// People get a page where programs get a document.
func TestTroubleForPeople(t *testing.T) {
	t.Parallel()
	busy := function.Function{
		Name: "pages/busy", Spec: fn.Page{Route: "POST /busy", Access: fn.Public, MaxBody: 1},
		Bind: func() any { return http.NotFoundHandler() },
	}
	plain := start(t, serve.Config{Functions: append(samples(), busy)})
	dressed := start(t, serve.Config{Functions: append(samples(), busy), Look: look{}})
	for _, tt := range []struct {
		method, path, body string
		status             int
		page               bool
		says               string
	}{
		{"GET", "/nowhere", "", 404, true, "There is nothing here."},
		{"DELETE", "/api/echo", "", 405, true, "This method is not allowed here; Allow names those that are."},
		{"GET", "/panic", "", 500, true, "Something went wrong on our side."},
		{"POST", "/busy", "xx", 413, true, "The request&#39;s body is over the limit of 1 bytes."},
		{"GET", "/api/broken", "", 500, false, ""},
		{"GET", "/api/wait", "", 504, false, ""},
	} {
		for _, host := range []*running{plain, dressed} {
			got := send(t, tt.method, host.url+tt.path, strings.NewReader(tt.body), browserAccepts, "X-Request-Id: r-7")
			kind, want := answer.ContentType, `"requestId":"r-7"`
			switch {
			case tt.page && host == dressed:
				kind, want = "text/html", "<p>Oh: "+strings.ReplaceAll(tt.says, "&#39;", "'")
			case tt.page:
				kind, want = "text/html; charset=utf-8", "<p>"+tt.says+"</p>"
			}
			if got.status != tt.status || got.header.Get("Content-Type") != kind || !strings.Contains(got.body, want) {
				t.Errorf("%s %s: %d %s\n%s", tt.method, tt.path, got.status, got.header.Get("Content-Type"), got.body)
			}
			if vary := got.header.Get("Vary"); (vary == "Accept") != tt.page || got.header.Get("Cache-Control") != "private, no-store" {
				t.Errorf("%s %s: %v", tt.method, tt.path, got.header)
			}
			if allow := got.header.Get("Allow"); (allow == "POST") != (tt.status == 405) {
				t.Errorf("%s %s: Allow is %q", tt.method, tt.path, allow)
			}
		}
	}
	if got := send(t, "HEAD", plain.url+"/nowhere", nil, browserAccepts); got.status != 404 || got.header.Get("Content-Type") != "text/html; charset=utf-8" || got.body != "" {
		t.Errorf("HEAD: %d %v %q", got.status, got.header, got.body)
	}
}

// Who comes while there is too much to do gets a page in the look of the product, which was
// made before: the look is not asked again.
func TestBusyInTheLook(t *testing.T) {
	t.Parallel()
	look := &countingLook{}
	entered, leave := make(chan struct{}), make(chan struct{})
	host := start(t, serve.Config{Server: open(), Look: look, Functions: []function.Function{
		limited("narrow", 1, func(http.ResponseWriter, *http.Request) { entered <- struct{}{}; <-leave }),
	}})
	first := make(chan answered)
	go func() { first <- send(t, "GET", host.url+"/narrow", nil) }()
	<-entered
	defer func() { close(leave); <-first }()
	for _, id := range []string{"r-7", "r-of-another-length"} {
		got := send(t, "GET", host.url+"/narrow", nil, browserAccepts, "X-Request-Id: "+id)
		if want := "<p>This is busy right now. Try again in a second.<p>" + id + "<p>the end"; got.status != 503 || got.body != want {
			t.Errorf("%d %s, want %s", got.status, got.body, want)
		}
		if h := got.header; h.Get("Retry-After") != "1" || h.Get("Content-Type") != "text/html" || h.Get("X-Request-Id") != id {
			t.Errorf("header: %v", h)
		}
	}
	if asked := look.asked.Load(); asked != 1 {
		t.Errorf("the look was asked %d times", asked)
	}
}

// countingLook shows the request's id, as looks do.
type countingLook struct{ asked atomic.Int64 }

func (l *countingLook) Trouble(w http.ResponseWriter, _ *http.Request, status int, message string) {
	l.asked.Add(1)
	page := "<p>" + message + "<p>" + w.Header().Get("X-Request-Id") + "<p>the end"
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, page)
}

func TestWhoPrefersPages(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: samples()})
	for accept, page := range map[string]bool{
		strings.TrimPrefix(browserAccepts, "Accept: "): true,
		"TEXT/HTML;q=0.5":                           true,
		"application/json;q=0.4, text/html;q=0.5":   true,
		"text/html, application/problem+json;q=0.9": true,
		"":                                  false,
		"*/*":                               false,
		"text/*":                            false,
		"application/json":                  false,
		"application/json, text/html":       false,
		"text/html;q=0":                     false,
		"text/html;q=x":                     false,
		"text/html;q=0.8, application/json": false,
		"application/json, text/plain, */*;q=0.01": false,
	} {
		got := send(t, "GET", host.url+"/nowhere", nil, "Accept: "+accept)
		if is := strings.HasPrefix(got.header.Get("Content-Type"), "text/html"); is != page || got.status != 404 || got.header.Get("Vary") != "Accept" {
			t.Errorf("%q: %d %v", accept, got.status, got.header)
		}
	}
}
