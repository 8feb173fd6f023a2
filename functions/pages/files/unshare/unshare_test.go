package unshare_test

import (
	"net/url"
	"testing"

	"switchyard/functions/pages/files/unshare"
	"switchyard/shared/auth"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/files/shares"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestUnshare(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	page := unshare.Function{Shares: d.Shares, UI: d.UI}
	file := d.Ready(t, "a", []byte("x"), files.Result{})
	share, _, err := d.Shares.Create(t.Context(), d.User.ID, file.ID, shares.New{})
	if err != nil {
		t.Fatal(err)
	}
	path := "/files/" + file.ID.String()
	revoke := path + "/shares/" + share.ID.String() + "/revoke"
	for _, tt := range []struct {
		name     string
		user     auth.User
		path     string
		status   int
		location string
		left     int
	}{
		{"a second user", authtest.User(t, d.DB), revoke, 303, path, 1},
		{"nobody", auth.User{}, revoke, 303, path, 1},
		{"no id", d.User, path + "/shares/7/revoke", 404, "", 1},
		{"its owner", d.User, revoke + "?view=grid", 303, path + "?view=grid", 0},
		{"again", d.User, revoke + "?next=//evil.example", 303, path, 0},
	} {
		w := filestest.Ask(t, tt.user, unshare.Spec.Route, page, tt.path, url.Values{})
		if w.Code != tt.status || w.Header().Get("Location") != tt.location {
			t.Errorf("%s: %d to %q, want %d to %q", tt.name, w.Code, w.Header().Get("Location"), tt.status, tt.location)
		}
		if list, err := d.Shares.List(t.Context(), d.User.ID, file.ID); err != nil || len(list) != tt.left {
			t.Errorf("%s: left are %v, %v, want %d", tt.name, list, err, tt.left)
		}
	}
}
