package shared_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"switchyard/functions/pages/files/shared"
	"switchyard/shared/config"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/files/script"
	"switchyard/shared/files/shares"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

func TestMain(m *testing.M) { filestest.Main(m) }

// visitor is somebody who is not signed in.
type visitor struct{ mux *http.ServeMux }

func newVisitor(t *testing.T, d *filestest.Desk) visitor {
	t.Helper()
	kit, err := ui.Open(t.Context(), fn.Project{Name: "shop", Title: "Shop"})
	if err != nil {
		t.Fatal(err)
	}
	assets, err := script.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(shared.Spec.Route, shared.Function{
		Shares: d.Shares, Files: d.Files, Bucket: d.Bucket, Script: assets, UI: kit, Client: config.Client{Proxies: config.Proxies{Hops: 1}},
	})
	return visitor{mux}
}

// call asks for the page of a token; with a form by POST.
func (v visitor) call(t *testing.T, token string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	return v.callFrom(t, "203.0.113.7", token, form)
}

// callFrom is call from an address, as the proxy before the router tells it.
func (v visitor) callFrom(t *testing.T, address, token string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/s/"+token, nil)
	if form != nil {
		r = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/s/"+token, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("X-Forwarded-For", address)
	w := httptest.NewRecorder()
	v.mux.ServeHTTP(w, r)
	return w
}

func share(t *testing.T, d *filestest.Desk, f files.File, n shares.New) string {
	t.Helper()
	_, token, err := d.Shares.Create(t.Context(), d.User.ID, f.ID, n)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func fetch(t *testing.T, address string) (string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), resp.Header
}

func TestShared(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Ready(t, `"><script>alert(1)</script>.html`, []byte("<script>alert(2)</script>"), files.Result{Type: "text/html"})
	token := share(t, d, f, shares.New{})
	v := newVisitor(t, d)
	w := v.call(t, token, nil)
	page := w.Body.String()
	if w.Code != http.StatusOK || !strings.Contains(page, "25 bytes") || strings.Contains(page, "<script>alert") || strings.Contains(page, f.ID.String()+"?") {
		t.Errorf("status %d: %s", w.Code, page)
	}
	for name, want := range map[string]string{"Referrer-Policy": "no-referrer", "Cache-Control": "private, no-store", "X-Robots-Tag": "noindex, nofollow"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if strings.Contains(page, d.User.ID) || strings.Contains(page, d.User.Email) {
		t.Error("the page tells whose file it is")
	}
	w = v.call(t, token, url.Values{"action": {"download"}})
	if w.Code != http.StatusSeeOther {
		t.Fatalf("download: status %d: %s", w.Code, w.Body)
	}
	body, header := fetch(t, w.Header().Get("Location"))
	if body != "<script>alert(2)</script>" || !strings.HasPrefix(header.Get("Content-Disposition"), "attachment") {
		t.Errorf("got %q, %q", body, header.Get("Content-Disposition"))
	}
	list, err := d.Shares.List(t.Context(), d.User.ID, f.ID)
	if err != nil || list[0].Views != 1 || list[0].Downloads != 1 {
		t.Errorf("counted %+v, %v", list, err)
	}
}

// A film is asked for here, as long as the link works, and not at an address that soon does not.
func TestFilm(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Ready(t, "a.mp4", []byte("a film"), files.Result{Type: "video/mp4"})
	open, locked := share(t, d, f, shares.New{}), share(t, d, f, shares.New{Password: "correct horse"})
	v := newVisitor(t, d)
	page := v.call(t, open, nil).Body.String()
	if want := `src="/s/` + open + `/bytes"`; !strings.Contains(page, want) || strings.Contains(page, "X-Amz-") || !strings.Contains(page, "/desk/media.") {
		t.Errorf("want %s in %s", want, page)
	}
	page = v.call(t, locked, url.Values{"password": {"correct horse"}}).Body.String()
	ticket := regexp.MustCompile(`src="/s/` + locked + `/bytes\?ticket=([^"]+)"`).FindStringSubmatch(page)
	if ticket == nil || !strings.Contains(page, `name="ticket" value="`+ticket[1]+`"`) {
		t.Errorf("there is no ticket with it: %s", page)
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Ready(t, "secret name.txt", []byte("hello"), files.Result{Type: "text/plain"})
	token := share(t, d, f, shares.New{Password: "correct horse"})
	v := newVisitor(t, d)
	for name, form := range map[string]url.Values{
		"not said":                  nil,
		"a wrong one":               {"password": {"wrong"}},
		"none":                      {"action": {"download"}},
		"a wrong one, and download": {"password": {"wrong"}, "action": {"download"}},
		"a ticket made up":          {"ticket": {"9999999999.00"}, "action": {"download"}},
	} {
		w := v.call(t, token, form)
		if body := w.Body.String(); strings.Contains(body, "secret name") || strings.Contains(body, "5 bytes") || w.Header().Get("Location") != "" || !strings.Contains(body, `type="password"`) {
			t.Errorf("%s: status %d: %s", name, w.Code, body)
		}
	}
	w := v.call(t, token, url.Values{"password": {"correct horse"}})
	ticket := regexp.MustCompile(`name="ticket" value="([^"]+)"`).FindStringSubmatch(w.Body.String())
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "secret name.txt") || ticket == nil {
		t.Fatalf("the right one: status %d: %s", w.Code, w.Body)
	}
	w = v.call(t, token, url.Values{"ticket": {ticket[1]}, "action": {"download"}})
	if body, _ := fetch(t, w.Header().Get("Location")); body != "hello" {
		t.Errorf("got %q", body)
	}
	other := share(t, d, f, shares.New{Password: "correct horse"})
	if w := v.call(t, other, url.Values{"ticket": {ticket[1]}, "action": {"download"}}); w.Header().Get("Location") != "" {
		t.Error("the ticket of another link opens it")
	}
}

// Whoever guesses is told to wait where the password is asked for, and others are not kept out.
func TestGuesses(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Ready(t, "secret name.txt", []byte("hello"), files.Result{Type: "text/plain"})
	token := share(t, d, f, shares.New{Password: "correct horse"})
	v := newVisitor(t, d)
	var w *httptest.ResponseRecorder
	for range 30 {
		if w = v.call(t, token, url.Values{"password": {"wrong horse"}}); w.Code != http.StatusForbidden {
			break
		}
	}
	if body := w.Body.String(); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" ||
		!strings.Contains(body, "too often from where you are") || !strings.Contains(body, `type="password"`) {
		t.Errorf("guesses end with %d, %v: %s", w.Code, w.Header(), body)
	}
	right := url.Values{"password": {"correct horse"}}
	if w := v.call(t, token, right); w.Code != http.StatusTooManyRequests {
		t.Errorf("from there the right one is answered %d", w.Code)
	}
	if w := v.callFrom(t, "198.51.100.4", token, right); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "secret name.txt") {
		t.Errorf("from elsewhere it is answered %d: %s", w.Code, w.Body)
	}
}

// Who comes back after the ticket has expired is asked for the password again, and has tried none.
func TestOldTicket(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Ready(t, "secret name.txt", []byte("hello"), files.Result{Type: "text/plain"})
	token := share(t, d, f, shares.New{Password: "correct horse"})
	v := newVisitor(t, d)
	for range 30 {
		w := v.call(t, token, url.Values{"ticket": {"1.00"}, "action": {"download"}})
		if body := w.Body.String(); w.Code != http.StatusForbidden || strings.Contains(body, "not the password") || !strings.Contains(body, `type="password"`) {
			t.Fatalf("status %d: %s", w.Code, body)
		}
	}
	if w := v.call(t, token, url.Values{"password": {"correct horse"}}); w.Code != http.StatusOK {
		t.Errorf("the password is answered %d: %s", w.Code, w.Body)
	}
}

// Links that are wrong, revoked or expired cannot be told apart.
func TestGone(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Ready(t, "a.txt", []byte("hello"), files.Result{Type: "text/plain"})
	revoked := share(t, d, f, shares.New{})
	expired := share(t, d, f, shares.New{})
	if _, err := d.DB.Exec(t.Context(), `UPDATE file_share SET expires_at = now() - interval '1 minute'`); err != nil {
		t.Fatal(err)
	}
	list, err := d.Shares.List(t.Context(), d.User.ID, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Shares.Revoke(t.Context(), d.User.ID, f.ID, list[0].ID); err != nil {
		t.Fatal(err)
	}
	v := newVisitor(t, d)
	var pages []string
	for _, token := range []string{revoked, expired, strings.Repeat("A", 43), "x", "%2e%2e"} {
		w := v.call(t, token, nil)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", token, w.Code)
		}
		pages = append(pages, w.Body.String())
		if w := v.call(t, token, url.Values{"action": {"download"}}); w.Code != http.StatusNotFound {
			t.Errorf("%s: download: status %d", token, w.Code)
		}
	}
	for _, p := range pages[1:] {
		if p != pages[0] {
			t.Errorf("told apart: %s\n%s", pages[0], p)
		}
	}
}
