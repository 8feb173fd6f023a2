package alarms_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// standIn returns the URL of a server that takes functions and events as Inngest does, with
// these statuses, and begins nothing.
func standIn(t *testing.T, functions, events int) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		switch {
		case strings.HasPrefix(r.URL.Path, "/e/"):
			status = events
		case r.URL.Path == "/fn/register":
			status = functions
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "status": status, "error": "no"})
	}))
	t.Cleanup(server.Close)
	return server.URL
}
