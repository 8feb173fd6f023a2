package file_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"switchyard/functions/pages/files/file"
	"switchyard/shared/auth"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

// ask sends a request of the desk's user to the page at path; with a form by POST.
func ask(t *testing.T, d *filestest.Desk, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	page := file.Function{Files: d.Files, Shares: d.Shares, Bucket: d.Bucket, Live: d.Live, Script: d.Script, UI: d.UI}
	return filestest.Ask(t, d.User, file.Spec.Route, page, path, form)
}

func TestPage(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Ready(t, `a"><script>alert(1)</script>`+"\u202egpj.png", []byte("hello"), files.Result{
		Type: "image/png", SHA256: "0123456789abcdef0123456789abcdef", Width: 4000, Height: 3000, Thumbnail: true,
	})
	w := ask(t, d, "/files/"+f.ID.String()+"?q=a&view=grid&cursor=x", nil)
	body := w.Body.String()
	for _, want := range []string{
		"a&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;gpj.png</bdi>", "5 bytes", "image/png", "4000 × 3000", "0123456789abcdef…",
		`href="/api/files/` + f.ID.String() + `/content"`, `action="/files/` + f.ID.String() + `/remove?cursor=x&amp;q=a&amp;view=grid"`,
		`href="/?cursor=x&amp;q=a&amp;view=grid"`, `width="4000" height="3000"`, `src="` + d.Bucket.Origin() + "/", "Finished", "Uploaded",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, banned := range []string{"<script>alert", "\u202e", "<iframe", "refresh"} {
		if strings.Contains(body, banned) {
			t.Errorf("the page has %q", banned)
		}
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "img-src 'self' data: "+d.Bucket.Origin()) || strings.Contains(policy, "frame-src") {
		t.Errorf("policy %s", policy)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	for kind, want := range map[string]string{
		"audio/mpeg": "<audio", "video/mp4": "<video", "application/pdf": "<iframe", "text/plain; charset=utf-8": "<iframe", "image/jpeg": "<img",
		"text/html": "There is no preview", "image/svg+xml": "There is no preview", "application/zip": "There is no preview",
	} {
		f := d.Ready(t, "a", []byte("hello"), files.Result{Type: kind})
		w := ask(t, d, "/files/"+f.ID.String(), nil)
		body, framed := w.Body.String(), want == "<iframe"
		if !strings.Contains(body, want) || strings.Contains(body, "<iframe") != framed {
			t.Errorf("%s: %s", kind, body)
		}
		if strings.Contains(body, "sandbox") != strings.HasPrefix(kind, "text/plain") {
			t.Errorf("%s: a text alone is sandboxed, since no browser shows a PDF so", kind)
		}
		policy := w.Header().Get("Content-Security-Policy")
		if strings.Contains(policy, "frame-src "+d.Bucket.Origin()) != framed || !strings.Contains(policy, "media-src 'self' "+d.Bucket.Origin()) {
			t.Errorf("%s: policy %s", kind, policy)
		}
	}
	states := map[string]files.File{"The bytes have not arrived yet.": d.Create(t, "a", []byte("x")), "It is being looked at.": d.Upload(t, "b", nil)}
	failed := d.Upload(t, "c", nil)
	if _, err := d.Files.Finish(t.Context(), d.Events, d.User.ID, failed.ID, files.Result{Reason: "Damaged & <incomplete>."}); err != nil {
		t.Fatal(err)
	}
	states["Damaged &amp; &lt;incomplete&gt;."] = failed
	for want, f := range states {
		w := ask(t, d, "/files/"+f.ID.String(), nil)
		body := w.Body.String()
		// The page that waits for a preview shows it without being loaded again.
		if framed := strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-src "+d.Bucket.Origin()); framed == (f.ID == failed.ID) {
			t.Errorf("%s: may have a frame: %t", want, framed)
		}
		if !strings.Contains(body, want) || strings.Contains(body, `http-equiv="refresh"`) != strings.HasPrefix(want, "It is") {
			t.Errorf("%s: %s", want, body)
		}
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Upload(t, "page.html", []byte("hello"))
	if err := d.Files.Excerpt(t.Context(), d.User.ID, f.ID, "<h1>Hello</h1>"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Files.Finish(t.Context(), d.Events, d.User.ID, f.ID, files.Result{Type: "text/html"}); err != nil {
		t.Fatal(err)
	}
	if body := ask(t, d, "/files/"+f.ID.String(), nil).Body.String(); !strings.Contains(body, "&lt;h1&gt;Hello&lt;/h1&gt;</pre>") {
		t.Errorf("the page lacks the excerpt: %s", body)
	}
}

func TestOthers(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Create(t, "secret.txt", []byte("x"))
	for _, u := range []auth.User{authtest.User(t, d.DB), {}} {
		d.User = u
		for _, form := range []url.Values{nil, {"name": {"mine"}}} {
			if w := ask(t, d, "/files/"+f.ID.String(), form); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%q sees: %d %s", u.ID, w.Code, w.Body)
			}
		}
	}
	for _, path := range []string{"/files/7", "/files/" + uuid.NewString()} {
		if w := ask(t, d, path, nil); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestRename(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	path := "/files/" + d.Create(t, "a", []byte("x")).ID.String() + "?status=uploading"
	if w := ask(t, d, path, url.Values{"name": {"b"}}); w.Code != http.StatusSeeOther || w.Header().Get("Location") != path {
		t.Errorf("renamed: %d %v", w.Code, w.Header())
	}
	if body := ask(t, d, path, nil).Body.String(); !strings.Contains(body, "<bdi>b</bdi>") {
		t.Errorf("the name is not b: %s", body)
	}
	for _, name := range []string{"", "  ", "a\nb", strings.Repeat("x", 256)} {
		w := ask(t, d, path, url.Values{"name": {name}})
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "<details class=\"panel\" id=\"rename\" open>") {
			t.Errorf("%q: %d %s", name, w.Code, w.Body)
		}
	}
	if body := ask(t, d, path, nil).Body.String(); !strings.Contains(body, "<bdi>b</bdi>") {
		t.Errorf("the name is not b any more: %s", body)
	}
}
