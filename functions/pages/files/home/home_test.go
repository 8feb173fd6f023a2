package home_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"switchyard/functions/pages/files/home"
	"switchyard/shared/auth"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/files/script"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

func TestMain(m *testing.M) { filestest.Main(m) }

// show returns the page at path as the desk's user sees it.
func show(t *testing.T, d *filestest.Desk, path string) *httptest.ResponseRecorder {
	t.Helper()
	kit, err := ui.Open(t.Context(), fn.Project{Name: "shop", Title: "Shop"})
	if err != nil {
		t.Fatal(err)
	}
	assets, err := script.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	home.Function{Files: d.Files, Bucket: d.Bucket, Script: assets, UI: kit}.
		ServeHTTP(w, httptest.NewRequestWithContext(authtest.As(t, d.User), http.MethodGet, path, nil))
	return w
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	w := show(t, d, "/")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Nothing here yet") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, "connect-src 'self' "+d.Bucket.Origin()) {
		t.Errorf("the page may not upload: %s", got)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	ctx, d := t.Context(), filestest.New(t)
	d.Create(t, `<script>alert("x")</script>`, []byte("x"))
	d.Create(t, "\u202egpj.exe", []byte("x"))
	ready := d.Upload(t, "photo.jpg", []byte("hello"))
	if _, err := d.Files.Pin(ctx, d.User.ID, ready.ID, files.PinnedKeys(ready.ID)+"1"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Files.Finish(ctx, d.User.ID, ready.ID, files.Result{
		Type: "image/jpeg", SHA256: "0123456789abcdef0123456789abcdef", Width: 4000, Height: 3000, Thumbnail: true,
	}); err != nil {
		t.Fatal(err)
	}
	failed := d.Upload(t, "cut.png", []byte("hello!"))
	if _, err := d.Files.Finish(ctx, d.User.ID, failed.ID, files.Result{Reason: "Damaged & incomplete."}); err != nil {
		t.Fatal(err)
	}

	all := show(t, d, "/").Body.String()
	for _, want := range []string{
		"photo.jpg", "5 bytes", "image/jpeg", "4000 × 3000", "0123456789abcdef…", "/api/files/" + ready.ID.String() + "/thumbnail",
		"/api/files/" + ready.ID.String() + "/content", `action="/files/` + ready.ID.String() + `/remove"`,
		"Damaged &amp; incomplete.", "&lt;script&gt;alert", "<bdi>gpj.exe</bdi>",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, banned := range []string{"<script>alert", "\u202e", "refresh"} {
		if strings.Contains(all, banned) {
			t.Errorf("the page has %q", banned)
		}
	}
	some := show(t, d, "/?status=failed").Body.String()
	if !strings.Contains(some, "cut.png") || strings.Contains(some, "photo.jpg") || !strings.Contains(some, "/remove?status=failed") {
		t.Errorf("filtered: %s", some)
	}
	d.Upload(t, "new", nil)
	if got := show(t, d, "/").Body.String(); !strings.Contains(got, `http-equiv="refresh"`) {
		t.Error("without JavaScript nobody would see the file become ready")
	}
}

func TestOthers(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	d.Upload(t, "secret.txt", []byte("hello"))
	for _, u := range []auth.User{authtest.User(t, d.DB), {}} {
		d.User = u
		for _, path := range []string{"/", "/?status=processing"} {
			if got := show(t, d, path).Body.String(); strings.Contains(got, "secret.txt") || strings.Contains(got, "data-id") {
				t.Errorf("%q sees at %s: %s", u.ID, path, got)
			}
		}
	}
}

func TestTrouble(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	for query, want := range map[string]string{
		"error=INVALID_TOKEN":                              "This link does not work",
		"error=%3Cb%3ECall+555&error_description=Call+555": "That did not work. Try again.",
	} {
		w := show(t, d, "/?"+query)
		if got := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(got, want) || strings.Contains(got, "555") {
			t.Errorf("%s: %d %s", query, w.Code, got)
		}
	}
	if got := show(t, d, "/?error=").Body.String(); strings.Contains(got, "did not work") {
		t.Errorf("there was no error: %s", got)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	for i := range 45 {
		d.Create(t, fmt.Sprintf("file-%02d.", i), []byte("x"))
	}
	next := regexp.MustCompile(`rel="next" href="([^"]*)"`)
	name := regexp.MustCompile(`<bdi>(file-\d\d\.)</bdi>`)
	seen := map[string]bool{}
	path, pages := "/?status=uploading", 0
	for path != "" && pages < 5 {
		body := show(t, d, path).Body.String()
		for _, m := range name.FindAllStringSubmatch(body, -1) {
			seen[m[1]] = true
		}
		path = ""
		if m := next.FindStringSubmatch(body); m != nil {
			path = strings.ReplaceAll(m[1], "&amp;", "&")
		}
		pages++
	}
	if pages != 3 || len(seen) != 45 {
		t.Errorf("%d pages with %d files, want 3 with 45", pages, len(seen))
	}
}

func TestBadQuery(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	for _, path := range []string{"/?cursor=x", "/?status=lost"} {
		if w := show(t, d, path); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "This did not work") {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
