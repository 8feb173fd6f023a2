package share_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"switchyard/functions/pages/files/share"
	"switchyard/shared/auth"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestShare(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	page := share.Function{Shares: d.Shares, Script: d.Script, UI: d.UI}
	f := d.Ready(t, "a.txt", []byte("hello"), files.Result{Type: "text/plain"})
	stranger := authtest.User(t, d.DB)
	for _, tt := range []struct {
		name, path, form string
		user             auth.User
		status           int
	}{
		{"a link", "/files/" + f.ID.String() + "/shares?view=grid", "hours=24&password=", d.User, 201},
		{"with a password", "/files/" + f.ID.String() + "/shares", "hours=0&password=correct+horse", d.User, 201},
		{"a short password", "/files/" + f.ID.String() + "/shares", "password=x", d.User, 400},
		{"too long a life", "/files/" + f.ID.String() + "/shares", "hours=99999999999999999999", d.User, 400},
		{"a life of no number", "/files/" + f.ID.String() + "/shares", "hours=-1", d.User, 400},
		{"somebody else's file", "/files/" + f.ID.String() + "/shares", "hours=1", stranger, 404},
		{"no id", "/files/x/shares", "hours=1", d.User, 404},
	} {
		form, err := url.ParseQuery(tt.form)
		if err != nil {
			t.Fatal(err)
		}
		w := filestest.Ask(t, tt.user, share.Spec.Route, page, tt.path, form)
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
		v, err := d.Shares.Visit(t.Context(), link[1])
		if err != nil || v.FileID != f.ID || v.Protected != (form.Get("password") != "") || (v.ExpiresAt == nil) != (form.Get("hours") == "0") {
			t.Errorf("%s: it leads to %+v, %v", tt.name, v, err)
		}
	}
}
