package sharedbytes_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"switchyard/functions/pages/files/sharedbytes"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/files/shares"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

func TestMain(m *testing.M) { filestest.Main(m) }

// A player is led to the bytes as often as it asks, until the link is revoked. Nobody else is, and
// nothing of that is counted.
func TestBytes(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	kit, err := ui.Open(t.Context(), fn.Project{Name: "shop", Title: "Shop"})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(sharedbytes.Spec.Route, sharedbytes.Function{Shares: d.Shares, Files: d.Files, Bucket: d.Bucket, UI: kit})
	ask := func(path, site string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("Sec-Fetch-Site", site)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if got := w.Header().Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("%s: Referrer-Policy %q", path, got)
		}
		return w
	}
	share := func(f files.File, n shares.New) (page string, v shares.Visit) {
		_, token, err := d.Shares.Create(t.Context(), d.User.ID, f.ID, n)
		if err == nil {
			v, err = d.Shares.Visit(t.Context(), token)
		}
		if err != nil {
			t.Fatal(err)
		}
		return shares.Path + token, v
	}
	film := d.Ready(t, "a.mp4", []byte("a film"), files.Result{Type: "video/mp4"})
	open, visit := share(film, shares.New{})
	locked, lockedVisit := share(film, shares.New{Password: "correct horse"})
	html, _ := share(d.Ready(t, "a.html", []byte("<script>"), files.Result{Type: "text/html"}), shares.New{})
	ticket := url.Values{"ticket": {lockedVisit.Ticket()}}.Encode()
	for _, tt := range []struct{ name, path, site, want string }{
		{"the page", open + "/bytes", "same-origin", d.Bucket.Origin() + "/"},
		{"the page, again", open + "/bytes", "same-origin", d.Bucket.Origin() + "/"},
		{"a browser that does not say", open + "/bytes", "", d.Bucket.Origin() + "/"},
		{"another site", open + "/bytes", "cross-site", open},
		{"an address that somebody has typed", open + "/bytes", "none", open},
		{"a ticket", locked + "/bytes?" + ticket, "same-origin", d.Bucket.Origin() + "/"},
		{"no ticket", locked + "/bytes", "same-origin", locked},
		{"a ticket made up", locked + "/bytes?ticket=9999999999.00", "same-origin", locked},
		{"what is not shown", html + "/bytes", "same-origin", html},
	} {
		w := ask(tt.path, tt.site)
		got := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(got, tt.want) || strings.HasPrefix(tt.want, "/") && got != tt.want {
			t.Errorf("%s: %d to %q, want %q", tt.name, w.Code, got, tt.want)
		}
		if strings.Contains(got, "X-Amz-") && !strings.Contains(got, "X-Amz-Expires=300&") {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
	list, err := d.Shares.List(t.Context(), d.User.ID, film.ID)
	for _, s := range list {
		if s.Views != 0 || s.Downloads != 0 {
			t.Errorf("counted %+v", s)
		}
	}
	if err := errors.Join(err, d.Shares.Revoke(t.Context(), d.User.ID, film.ID, visit.ID)); err != nil {
		t.Fatal(err)
	}
	if w := ask(open+"/bytes", "same-origin"); w.Code != http.StatusNotFound || w.Header().Get("Location") != "" {
		t.Errorf("revoked: %d %v", w.Code, w.Header())
	}
}
