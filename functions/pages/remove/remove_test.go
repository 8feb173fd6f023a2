package remove_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"switchyard/functions/pages/remove"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/ui"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestRemove(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	kit, err := ui.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(remove.Spec.Route, remove.Function{Files: d.Files, Events: d.Events, UI: kit})
	id := d.Create(t, "a", nil).ID.String()
	tests := []struct {
		name, path string
		status     int
		location   string
	}{
		{"a file", "/files/" + id + "/remove", 303, "/"},
		{"again", "/files/" + id + "/remove?status=failed", 303, "/?status=failed"},
		{"an odd status", "/files/" + id + "/remove?status=%0d%0a//evil.example", 303, "/?status=%0D%0A%2F%2Fevil.example"},
		{"no id", "/files/7/remove", 404, ""},
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, tt.path, nil))
		if w.Code != tt.status || w.Header().Get("Location") != tt.location {
			t.Errorf("%s: %d to %q, want %d to %q", tt.name, w.Code, w.Header().Get("Location"), tt.status, tt.location)
		}
	}
	if page, err := d.Files.List(t.Context(), files.Query{}); err != nil || len(page.Files) != 0 {
		t.Errorf("left: %v, %v", page.Files, err)
	}
}
