package remove_test

import (
	"net/url"
	"testing"

	"switchyard/functions/pages/files/remove"
	"switchyard/shared/auth"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestRemove(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	page := remove.Function{Files: d.Files, Events: d.Events, UI: d.UI}
	id := d.Create(t, "a", []byte("x")).ID.String()
	tests := []struct {
		name     string
		user     auth.User
		path     string
		status   int
		location string
		left     int
	}{
		{"a second user", authtest.User(t, d.DB), "/files/" + id + "/remove", 303, "/", 1},
		{"nobody", auth.User{}, "/files/" + id + "/remove", 303, "/", 1},
		{"a file", d.User, "/files/" + id + "/remove", 303, "/", 0},
		{"again", d.User, "/files/" + id + "/remove?status=failed", 303, "/?status=failed", 0},
		{"an odd status", d.User, "/files/" + id + "/remove?status=%0d%0a//evil.example", 303, "/?status=%0D%0A%2F%2Fevil.example", 0},
		{"no id", d.User, "/files/7/remove", 404, "", 0},
	}
	for _, tt := range tests {
		w := filestest.Ask(t, tt.user, remove.Spec.Route, page, tt.path, url.Values{})
		if w.Code != tt.status || w.Header().Get("Location") != tt.location {
			t.Errorf("%s: %d to %q, want %d to %q", tt.name, w.Code, w.Header().Get("Location"), tt.status, tt.location)
		}
		if left := d.List(t); len(left) != tt.left {
			t.Errorf("%s: left are %v, want %d", tt.name, left, tt.left)
		}
	}
}
