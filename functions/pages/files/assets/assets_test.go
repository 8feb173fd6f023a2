package assets_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"switchyard/functions/pages/files/assets"
	"switchyard/shared/files/script"
)

func TestAssets(t *testing.T) {
	t.Parallel()
	all, err := script.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{all.Desk(): http.StatusOK, "/desk/nope.js": http.StatusNotFound} {
		w := httptest.NewRecorder()
		assets.Function{Assets: all}.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if w.Code != status || w.Body.Len() == 0 {
			t.Errorf("%s: status %d, %d bytes; want %d", path, w.Code, w.Body.Len(), status)
		}
	}
}
