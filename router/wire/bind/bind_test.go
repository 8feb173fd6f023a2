package bind_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"switchyard/router/wire/bind"
)

const (
	orderTarget = "/orders?limit=7&tags=a,b"
	orderText   = `{"customer":"Ada Lovelace","currency":"EUR","note":"by the door","express":true,"labels":{"a":1},"items":[{"sku":"A","price":1.5},{"sku":"B","price":2}]}`
)

// body can be read again from its start.
type body struct{ strings.Reader }

func (*body) Close() error { return nil }

func newOrder(text string) (*http.Request, *body) {
	b := &body{}
	b.Reset(text)
	r := httptest.NewRequest(http.MethodPost, orderTarget, nil)
	r.Body, r.ContentLength = b, int64(len(text))
	return r, b
}

// A request that is not accepted can be read again from its start, however much was read.
func TestAcceptAgain(t *testing.T) {
	t.Parallel()
	for _, text := range []string{orderText[1:], strings.Repeat(" ", 2000) + orderText, "{}", strings.Replace(orderText, "EUR", "eur", 1)} {
		r, _ := newOrder(text)
		if bind.Accept(r, 1000, readOrder, new(orderInput)) {
			t.Errorf("accepted: %s", text)
		}
		again, err := io.ReadAll(io.LimitReader(r.Body, 1001))
		if want := text[:min(len(text), 1001)]; err != nil || string(again) != want {
			t.Errorf("read again: %q, %v; want %q", again, err, want)
		}
	}
}
