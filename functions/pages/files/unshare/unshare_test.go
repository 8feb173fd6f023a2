package unshare_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"switchyard/functions/pages/files/unshare"
	"switchyard/shared/auth"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/files/shares"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestUnshare(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	kit, err := ui.Open(t.Context(), fn.Project{Name: "shop", Title: "Shop"})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(unshare.Spec.Route, unshare.Function{Shares: d.Shares, UI: kit})
	file := d.Ready(t, "a", []byte("x"), files.Result{})
	share, _, err := d.Shares.Create(t.Context(), d.User.ID, file.ID, shares.New{})
	if err != nil {
		t.Fatal(err)
	}
	page := "/files/" + file.ID.String()
	revoke := page + "/shares/" + share.ID.String() + "/revoke"
	for _, tt := range []struct {
		name     string
		user     auth.User
		path     string
		status   int
		location string
		left     int
	}{
		{"a second user", authtest.User(t, d.DB), revoke, 303, page, 1},
		{"nobody", auth.User{}, revoke, 303, page, 1},
		{"no id", d.User, page + "/shares/7/revoke", 404, "", 1},
		{"its owner", d.User, revoke + "?view=grid", 303, page + "?view=grid", 0},
		{"again", d.User, revoke + "?next=//evil.example", 303, page, 0},
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(authtest.As(t, tt.user), http.MethodPost, tt.path, nil))
		if w.Code != tt.status || w.Header().Get("Location") != tt.location {
			t.Errorf("%s: %d to %q, want %d to %q", tt.name, w.Code, w.Header().Get("Location"), tt.status, tt.location)
		}
		if list, err := d.Shares.List(t.Context(), d.User.ID, file.ID); err != nil || len(list) != tt.left {
			t.Errorf("%s: left are %v, %v, want %d", tt.name, list, err, tt.left)
		}
	}
}
