package alarms_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// standIn returns the URL of a server that takes functions and events as Inngest does, and
// begins nothing. Events it answers with this status.
func standIn(t *testing.T, status int) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/e/") {
			w.WriteHeader(status)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "status": status, "error": "no"})
	}))
	t.Cleanup(server.Close)
	return server.URL
}
