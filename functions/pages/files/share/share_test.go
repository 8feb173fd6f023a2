package share_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"switchyard/functions/pages/files/share"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/files/script"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestShare(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	kit, err := ui.Open(t.Context(), fn.Project{Name: "shop", Title: "Shop"})
	if err != nil {
		t.Fatal(err)
	}
	assets, err := script.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(share.Spec.Route, share.Function{Shares: d.Shares, Script: assets, UI: kit})
	f := d.Ready(t, "a.txt", []byte("hello"), files.Result{Type: "text/plain"})
	stranger := authtest.User(t, d.DB)
	for _, tt := range []struct {
		name, path, form string
		user             string
		status           int
	}{
		{"a link", "/files/" + f.ID.String() + "/shares?view=grid", "hours=24&password=", d.User.ID, 201},
		{"with a password", "/files/" + f.ID.String() + "/shares", "hours=0&password=correct+horse", d.User.ID, 201},
		{"a short password", "/files/" + f.ID.String() + "/shares", "password=x", d.User.ID, 400},
		{"too long a life", "/files/" + f.ID.String() + "/shares", "hours=99999999999999999999", d.User.ID, 400},
		{"a life of no number", "/files/" + f.ID.String() + "/shares", "hours=-1", d.User.ID, 400},
		{"somebody else's file", "/files/" + f.ID.String() + "/shares", "hours=1", stranger.ID, 404},
		{"no id", "/files/x/shares", "hours=1", d.User.ID, 404},
	} {
		ctx := authtest.As(t, d.User)
		if tt.user == stranger.ID {
			ctx = authtest.As(t, stranger)
		}
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, tt.path, strings.NewReader(tt.form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("%s: status %d, want %d: %s", tt.name, w.Code, tt.status, w.Body)
			continue
		}
		if tt.status != http.StatusCreated {
			continue
		}
		link := regexp.MustCompile(`/s/([\w-]{43})`).FindStringSubmatch(w.Body.String())
		if link == nil {
			t.Fatalf("%s: there is no link: %s", tt.name, w.Body)
		}
		values, err := url.ParseQuery(tt.form)
		if err != nil {
			t.Fatal(err)
		}
		v, err := d.Shares.Visit(t.Context(), link[1])
		if err != nil || v.FileID != f.ID || v.Protected != (values.Get("password") != "") || (v.ExpiresAt == nil) != (values.Get("hours") == "0") {
			t.Errorf("%s: it leads to %+v, %v", tt.name, v, err)
		}
	}
}
