package ui_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"switchyard/shared/ui"
)

// rows are a page of twenty rows, with texts as a template writes them.
var rows = templ.ComponentFunc(func(_ context.Context, w io.Writer) error { //nolint:gochecknoglobals // a constant, were it no function
	for range 20 {
		if _, err := io.WriteString(w, "<li>"+templ.EscapeString("a file of no great size")+"</li>"); err != nil {
			return err
		}
	}
	return nil
})

func TestLengthOfPage(t *testing.T) {
	t.Parallel()
	k := open(t)
	for _, size := range []int{0, 10, 5000, 3 << 20, 20} { // one is too large to be kept
		w := httptest.NewRecorder()
		body := strings.Repeat("é", size)
		k.Show(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), ui.Page{Title: "T", Body: templ.Raw(body)})
		if got := w.Header().Get("Content-Length"); got != strconv.Itoa(w.Body.Len()) || strings.Count(w.Body.String(), "é") != size {
			t.Errorf("the length of %d bytes is %q", w.Body.Len(), got)
		}
	}
}

func BenchmarkShow(b *testing.B) {
	k, err := ui.Open(b.Context(), project)
	if err != nil {
		b.Fatal(err)
	}
	w, r := &discard{http.Header{}}, httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		k.Show(w, r, ui.Page{Title: "Rows", Body: rows})
	}
}

// discard is an answer that nobody reads.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}
