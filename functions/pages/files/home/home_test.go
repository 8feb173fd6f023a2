package home_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"switchyard/functions/pages/files/home"
	"switchyard/shared/auth"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/files/place"
	"switchyard/shared/files/script"
)

func TestMain(m *testing.M) { filestest.Main(m) }

// show returns the page at path as the desk's user sees it.
func show(t *testing.T, d *filestest.Desk, path string) *httptest.ResponseRecorder {
	t.Helper()
	page := home.Function{Files: d.Files, Bucket: d.Bucket, Live: d.Live, Script: d.Script, UI: d.UI}
	return filestest.Ask(t, d.User, home.Spec.Route, page, path, nil)
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
	if _, err := d.Files.Finish(ctx, d.Events, d.User.ID, ready.ID, files.Result{
		Type: "image/jpeg", SHA256: "0123456789abcdef0123456789abcdef", Width: 4000, Height: 3000, Thumbnail: true,
	}); err != nil {
		t.Fatal(err)
	}
	failed := d.Upload(t, "cut.png", []byte("hello!"))
	if _, err := d.Files.Finish(ctx, d.Events, d.User.ID, failed.ID, files.Result{Reason: "Damaged & incomplete."}); err != nil {
		t.Fatal(err)
	}

	all := show(t, d, "/").Body.String()
	for _, want := range []string{
		"photo.jpg", "5 bytes", "image/jpeg", "4000 × 3000", "/api/files/" + ready.ID.String() + "/thumbnail",
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

var (
	link = regexp.MustCompile(`rel="(next|prev)" href="([^"]*)"`)
	name = regexp.MustCompile(`<bdi>(\w+-\d\d)\.</bdi>`)
)

// look returns the names on the page at path, and where its links lead: by "next" and "prev".
func look(t *testing.T, d *filestest.Desk, path string) (names []string, links map[string]string) {
	t.Helper()
	body := show(t, d, path).Body.String()
	for _, m := range name.FindAllStringSubmatch(body, -1) {
		names = append(names, m[1])
	}
	links = map[string]string{}
	for _, m := range link.FindAllStringSubmatch(body, -1) {
		links[m[1]] = html.UnescapeString(m[2])
	}
	return names, links
}

func TestPages(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	made := map[string]files.File{}
	for i := range 45 {
		name := fmt.Sprintf("file-%02d", i)
		made[name] = d.Create(t, name+".", []byte("x"))
	}
	d.Create(t, "other", []byte("x"))
	const path = "/?q=FILE&status=uploading&kind=other&view=grid"
	first, links := look(t, d, path)
	if len(first) != 20 || first[0] != "file-44" || links["prev"] != "" {
		t.Fatalf("the first page has %v, %v", first, links)
	}
	second, secondLinks := look(t, d, links["next"])
	third, thirdLinks := look(t, d, secondLinks["next"])
	if len(second) != 20 || second[0] != "file-24" || len(third) != 5 || thirdLinks["next"] != "" {
		t.Fatalf("then follow %v and %v, %v", second, third, thirdLinks)
	}
	for _, address := range []string{links["next"], thirdLinks["prev"]} {
		if got := place.Of(parse(t, address).Query()); got.Search != "FILE" || got.Kind != files.Other || !got.Grid || got.Status != files.Uploading {
			t.Errorf("%s does not keep the place", address)
		}
	}
	if back, _ := look(t, d, thirdLinks["prev"]); !slices.Equal(back, second) {
		t.Errorf("back are %v, want %v", back, second)
	}
	remove := func(names ...string) {
		for _, name := range names {
			if err := d.Files.Delete(t.Context(), d.Events, d.User.ID, made[name].ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The last page is empty: the one before it is shown. The first has shrunk: it is filled.
	remove(third...)
	got, links := look(t, d, secondLinks["next"])
	if last, _ := look(t, d, links["next"]); len(got) != 20 || !slices.Equal(append(got[1:], last...), second) {
		t.Errorf("after the end are %v and %v", got, last)
	}
	remove(first[:5]...)
	if got, links := look(t, d, secondLinks["prev"]); len(got) != 20 || got[0] != first[5] || links["prev"] != "" {
		t.Errorf("before the second page are %v, %v", got, links)
	}
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestFilters(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	d.Create(t, "notes.txt", []byte("x"))
	for path, want := range map[string]string{
		"/?q=note":               "notes.txt",
		"/?q=" + awful:           "No file is like this.",
		"/?kind=picture":         "No file is like this.",
		"/?kind=other&view=grid": `<ul class="rows grid">`,
		"/?kind=other":           `<option value="other" selected>`,
		"/?status=uploading":     `<input type="hidden" name="status" value="uploading">`,
		"/?view=grid":            `<input type="hidden" name="view" value="grid">`,
		"/?q=note&view=nothing":  `<ul class="rows">`,
	} {
		body := show(t, d, path).Body.String()
		if !strings.Contains(body, want) || strings.Contains(body, "<script>") {
			t.Errorf("%s lacks %s: %s", path, want, body)
		}
	}
}

// awful is a search that would be a script, were it not escaped, and is no pattern.
const awful = `%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E%27+%25_%5C`

// maxWeight is what a browser loads to show the first page of a desk with files, in bytes,
// compressed, but for thumbnails.
const maxWeight = 60_000

func TestWeight(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	for range 30 {
		d.Create(t, "A picture with a name of some length.jpeg", []byte("x"))
	}
	page := show(t, d, "/").Body.Bytes()
	weight := compressed(t, page)
	loaded := map[string]bool{}
	var load func(text []byte)
	load = func(text []byte) {
		for _, m := range regexp.MustCompile(`["'](/(?:assets|desk)/[^"']+)["']`).FindAllSubmatch(text, -1) {
			path := string(m[1])
			if loaded[path] {
				continue
			}
			loaded[path] = true
			w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			if strings.HasPrefix(path, script.Prefix) {
				d.Script.ServeHTTP(w, r)
			} else {
				d.UI.ServeAsset(w, r)
			}
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d", path, w.Code)
			}
			weight += compressed(t, w.Body.Bytes())
			load(w.Body.Bytes())
		}
	}
	load(page)
	if weight > maxWeight || len(loaded) < 6 {
		t.Errorf("the page and its %d assets weigh %d bytes, want %d at most", len(loaded), weight, maxWeight)
	}
}

func compressed(t *testing.T, text []byte) int {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

func TestBadQuery(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	for _, path := range []string{"/?cursor=x", "/?status=lost", "/?kind=film", "/?q=%00", "/?q=%ff", "/?q=" + strings.Repeat("x", 101)} {
		if w := show(t, d, path); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "This did not work") {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Create(t, "a", []byte("hello"))
	var err error
	if d.Files, err = files.Open(t.Context(), files.Quota{Bytes: 2_000_000, Files: 9}, config.AuthNames{}, d.DB, d.Live); err != nil {
		t.Fatal(err)
	}
	says := func(want string) {
		t.Helper()
		page := strings.Join(strings.Fields(show(t, d, "/").Body.String()), " ")
		if !strings.Contains(page, "5 bytes of 2.0 MB used, 1 file of 9"+want) {
			t.Errorf("the page does not say %q: %s", want, page)
		}
	}
	says(" </p>")
	if err := d.Files.Delete(t.Context(), d.Events, d.User.ID, f.ID); err != nil {
		t.Fatal(err)
	}
	says(` <span title="What was just registered`)
}
