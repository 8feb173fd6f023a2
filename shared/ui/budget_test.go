//go:build !race

package ui_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"switchyard/shared/ui"
)

// maxPage is how many allocations a page may take besides its own rows, which take one each:
// what templ makes for the layout, and the header.
const maxPage = 11

func TestMemoryOfPage(t *testing.T) { //nolint:paralleltest // it counts what is allocated
	k := open(t)
	w, r := &discard{http.Header{}}, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	if n := testing.AllocsPerRun(100, func() {
		clear(w.header)
		k.Show(w, r, ui.Page{Title: "Rows", Body: rows})
	}); n > maxPage+20 {
		t.Errorf("a page of 20 rows takes %v allocations, want %d at most", n, maxPage+20)
	}
}
