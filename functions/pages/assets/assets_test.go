package assets_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"switchyard/functions/pages/assets"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

func TestAssets(t *testing.T) {
	t.Parallel()
	kit, err := ui.Open(t.Context(), fn.Project{Name: "shop", Title: "Shop"})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	assets.Function{UI: kit}.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, kit.Path("ui.css"), nil))
	if w.Code != http.StatusOK || w.Body.Len() == 0 {
		t.Errorf("status %d, %d bytes", w.Code, w.Body.Len())
	}
}
