package ui_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/a-h/templ"

	"switchyard/shared/auth"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

var project = fn.Project{Name: "shop", Title: "The shop", Pages: []string{auth.SignInPath, auth.SignOutPath, auth.AccountPath}} //nolint:gochecknoglobals // a constant, were it no struct

func open(t *testing.T) *ui.Kit {
	t.Helper()
	k, err := ui.Open(t.Context(), project)
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
		Title: "A <b> page", Body: templ.Raw("<p>hello</p>"), Style: "/static/shop.css", Script: "/static/shop.js",
		Live:    "/live",
		Origins: []string{"https://photos.example"}, FrameOrigins: []string{"https://frames.example"}, Refresh: 2, Status: http.StatusTeapot,
	})
	if w.Code != http.StatusTeapot || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("status %d, type %s", w.Code, w.Header().Get("Content-Type"))
	}
	for _, want := range []string{
		"<title>A &lt;b&gt; page · The shop</title>", "<p>hello</p>", k.Path("ui.css"),
		`<link rel="stylesheet" href="/static/shop.css">`, `<script type="module" src="/static/shop.js"></script>`,
		`<noscript><meta http-equiv="refresh" content="2"></noscript>`, `<meta name="live" content="/live">`, k.Path("live.js"),
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	policy := w.Header().Get("Content-Security-Policy")
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") ||
		!strings.Contains(policy, "connect-src 'self' https://photos.example;") ||
		!strings.Contains(policy, "media-src 'self' https://photos.example;") || !strings.Contains(policy, "frame-src https://frames.example;") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %s", policy)
	}
	for _, banned := range []string{"<style", "style=", "<script>"} {
		if strings.Contains(w.Body.String(), banned) {
			t.Errorf("the policy does not allow %s", banned)
		}
	}
}

// A page leads to those pages that the project has.
func TestLinks(t *testing.T) {
	t.Parallel()
	all := []string{"/", auth.SignInPath, auth.SignOutPath, auth.AccountPath}
	for name, tt := range map[string]struct {
		in    bool
		pages []string
		want  []string
	}{
		"nobody":           {false, all, []string{auth.SignInPath}},
		"somebody":         {true, all, []string{auth.AccountPath, auth.SignOutPath}},
		"nobody, bare":     {false, nil, nil},
		"somebody, bare":   {true, nil, nil},
		"no account pages": {true, []string{auth.SignOutPath}, []string{auth.SignOutPath}},
	} {
		k, err := ui.Open(t.Context(), fn.Project{Title: "The shop", Pages: tt.pages})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		if tt.in {
			ctx = auth.With(ctx, auth.User{ID: "ada", Name: "Ada"}, auth.Session{})
		}
		w := httptest.NewRecorder()
		k.Show(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/x", nil), ui.Page{Title: "T", Body: templ.NopComponent})
		for _, path := range all[1:] {
			if got, want := strings.Contains(w.Body.String(), `="`+path+`"`), slices.Contains(tt.want, path); got != want {
				t.Errorf("%s: leads to %s: %v", name, path, got)
			}
		}
		w = httptest.NewRecorder()
		k.Trouble(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/x", nil), http.StatusNotFound, "Nothing.")
		if got, want := strings.Contains(w.Body.String(), "Back to the first page"), slices.Contains(tt.pages, "/"); got != want {
			t.Errorf("%s: leads to the first page: %v", name, got)
		}
		if strings.Contains(w.Body.String(), ">Sign in<") { // it may be somebody who is
			t.Errorf("%s: a page of trouble offers to sign in", name)
		}
	}
}

// The menu has what pages say of themselves, and shows where one is.
func TestMenu(t *testing.T) {
	t.Parallel()
	menu := []fn.Link{{Path: "/", Text: "Orders"}, {Path: "/parcels", Text: "<b>"}}
	shown := func(ctx context.Context, path string, pages ...string) string {
		k, err := ui.Open(ctx, fn.Project{Title: "The shop", Pages: pages, Menu: menu})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		k.Show(w, httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil), ui.Page{Title: "T", Body: templ.NopComponent})
		return w.Body.String()
	}
	ada := auth.With(t.Context(), auth.User{ID: "ada", Name: "Ada"}, auth.Session{})
	const orders, here, below = `<a href="/">Orders</a>`, `<a href="/parcels" aria-current="page">&lt;b&gt;</a>`, `<a href="/parcels" aria-current="true">&lt;b&gt;</a>`
	for name, tt := range map[string]struct {
		body string
		want []string
	}{
		"somebody":           {shown(ada, "/parcels", auth.SignInPath), []string{orders, here}},
		"below":              {shown(ada, "/parcels/7", auth.SignInPath), []string{orders, below}},
		"nobody":             {shown(t.Context(), "/parcels", auth.SignInPath), nil},
		"where none sign in": {shown(t.Context(), "/parcels"), []string{orders, here}},
	} {
		for _, link := range []string{orders, here, below} {
			if got, want := strings.Contains(tt.body, link), slices.Contains(tt.want, link); got != want {
				t.Errorf("%s: has %s: %v", name, link, got)
			}
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
		again  string // the header Retry-After
	}{
		{fault.New(fault.Invalid, "No <such> status."), 400, "No &lt;such&gt; status.", ""},
		{fault.New(fault.NotFound, "Gone."), 404, "Gone.", ""},
		{fault.New(fault.Conflict, "Not yet."), 409, "Not yet.", ""},
		{fault.RetryAfter(1500*time.Millisecond, fault.New(fault.TooMany, "Too often.")), 429, "Too often.", "2"},
		{fault.New(fault.Unavailable, "Later.").Because(errors.New("hunter2")), 503, "Later.", ""},
		{fault.New(fault.Timeout, "This took too long."), 504, "This took too long.", ""},
		{errors.New("hunter2"), 500, "Something went wrong on our side.", ""},
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
		if again := w.Header().Get("Retry-After"); again != tt.again {
			t.Errorf("%v: Retry-After is %q, want %q", tt.err, again, tt.again)
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
		"ui.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml",
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

// A project serves files of its own beside those of the kit.
func TestOwnAssets(t *testing.T) {
	t.Parallel()
	a, err := ui.NewAssets(fstest.MapFS{
		"static/shop.min.js": {Data: []byte("1")}, "static/img/logo.png": {Data: []byte("2")}, "other/x.css": {Data: []byte("3")},
	}, "static")
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w
	}
	for name, want := range map[string]string{"shop.min.js": "1", "img/logo.png": "2"} {
		if w := get(a.Path(name)); w.Body.String() != want || !strings.HasPrefix(a.Path(name), "/static/") || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s at %s: %d %v", name, a.Path(name), w.Code, w.Header())
		}
	}
	for _, path := range []string{"/static/", "/static/shop.js", "/static/x.0123456789ab.css", "/static/logo.0123456789ab.png", a.Path("x.css")} {
		if w := get("/" + strings.TrimPrefix(path, "/")); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
	if _, err := ui.NewAssets(fstest.MapFS{"static/shop.exe": {}}, "static"); err == nil || !strings.Contains(err.Error(), "shop.exe") {
		t.Errorf("a file of no known type: %v", err)
	}
	if _, err := ui.NewAssets(fstest.MapFS{}, "static"); err == nil {
		t.Error("a folder that is not there is taken")
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	a, err := ui.NewAssets(fstest.MapFS{
		"static/a.js":       {Data: []byte("import { x } from './lib/b.js';\nimport './c.js';\nimport {\n  y,\n} from './lib/b.js';\n// from './d.js'\n")},
		"static/lib/b.js":   {Data: []byte("import '../c.js';\nimport './e.js';\n")},
		"static/lib/e.js":   {Data: []byte("e")},
		"static/c.js":       {Data: []byte("c")},
		"static/lib/b.json": {Data: []byte("import './no.js'")},
	}, "static")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"a.js": "import { x } from '" + a.Path("lib/b.js") + "';\nimport '" + a.Path("c.js") + "';\nimport {\n  y,\n} from '" +
			a.Path("lib/b.js") + "';\n// from './d.js'\n",
		"lib/b.js":   "import '../c.js';\nimport '" + a.Path("lib/e.js") + "';\n",
		"lib/b.json": "import './no.js'",
	} {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, a.Path(name), nil))
		if got := w.Body.String(); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for want, content := range map[string]string{
		"no.js, which is not there": "import './no.js';",
		"a.js imports itself":       "import './b.js';",
	} {
		_, err := ui.NewAssets(fstest.MapFS{"s/a.js": {Data: []byte(content)}, "s/b.js": {Data: []byte("import './a.js';")}}, "s")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error that says %q", content, err, want)
		}
	}
}
