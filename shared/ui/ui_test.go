package ui_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"switchyard/shared/fault"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

func open(t *testing.T) *ui.Kit {
	t.Helper()
	k, err := ui.Open(t.Context(), fn.Project{Name: "shop", Title: "Shop"})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestShow(t *testing.T) {
	t.Parallel()
	k := open(t)
	w := httptest.NewRecorder()
	k.Show(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), ui.Page{
		Title: "A <b> page", Body: templ.Raw("<p>hello</p>"), Script: "desk.js",
		Origins: []string{"https://photos.example"}, Refresh: 2, Status: http.StatusTeapot,
	})
	if w.Code != http.StatusTeapot || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("status %d, type %s", w.Code, w.Header().Get("Content-Type"))
	}
	for _, want := range []string{
		"<title>A &lt;b&gt; page · Switchyard</title>", "<p>hello</p>", k.Path("ui.css"), k.Path("desk.js"),
		`<noscript><meta http-equiv="refresh" content="2"></noscript>`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	policy := w.Header().Get("Content-Security-Policy")
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") ||
		!strings.Contains(policy, "connect-src 'self' https://photos.example;") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %s", policy)
	}
	for _, banned := range []string{"<style", "style=", "<script>"} {
		if strings.Contains(w.Body.String(), banned) {
			t.Errorf("the policy does not allow %s", banned)
		}
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	k := open(t)
	tests := []struct {
		err    error
		status int
		shown  string
	}{
		{fault.New(fault.Invalid, "No <such> status."), 400, "No &lt;such&gt; status."},
		{fault.New(fault.NotFound, "Gone."), 404, "Gone."},
		{fault.New(fault.Conflict, "Not yet."), 409, "Not yet."},
		{fault.New(fault.Unavailable, "Later.").Because(errors.New("hunter2")), 503, "Later."},
		{errors.New("hunter2"), 500, "Something went wrong on our side."},
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		w.Header().Set("X-Request-Id", "r-1")
		var reported error
		ctx := fn.WithReport(t.Context(), func(err error) { reported = err })
		k.Fail(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil), tt.err)
		body := w.Body.String()
		if w.Code != tt.status || !strings.Contains(body, tt.shown) || !strings.Contains(body, "r-1") || strings.Contains(body, "hunter2") {
			t.Errorf("%v: status %d, %s", tt.err, w.Code, body)
		}
		if !errors.Is(reported, tt.err) {
			t.Errorf("%v: reported %v", tt.err, reported)
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	k := open(t)
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		k.ServeAsset(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w
	}
	for name, contentType := range map[string]string{
		"ui.css": "text/css; charset=utf-8", "desk.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml",
	} {
		resp := get(k.Path(name))
		if resp.Code != http.StatusOK || resp.Body.Len() == 0 || resp.Header().Get("Content-Type") != contentType ||
			!strings.Contains(resp.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", name, resp.Code, resp.Header())
		}
	}
	if old := get("/assets/ui.0123456789ab.css"); old.Code != http.StatusOK || old.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("of an older release: %d %v", old.Code, old.Header())
	}
	for _, path := range []string{"/assets/", "/assets/nope.js", "/assets/ui", "/assets/../ui.go"} {
		if resp := get(path); resp.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, resp.Code)
		}
	}
	if got := k.Path("nope.js"); got != "" {
		t.Errorf("path of no asset: %s", got)
	}
}
