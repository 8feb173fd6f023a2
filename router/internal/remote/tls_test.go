package remote_test

import (
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// Gateways speak HTTP/2 over TLS.
func TestOverTLS(t *testing.T) {
	t.Parallel()
	f := page("pages/f", fn.Page{Route: "/f"}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, "there: "+string(body))
	})
	far := there(t, key, f)
	protocols := make(chan string, 1)
	gateway := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocols <- r.Proto
		far.handler.ServeHTTP(w, r)
	}))
	gateway.EnableHTTP2 = true
	gateway.StartTLS()
	t.Cleanup(gateway.Close)

	near := here(t, gateway.URL, config.FallbackLocal, page("pages/f", fn.Page{Route: "/f"}, says("here: ")))
	// Nobody vouches for its certificate: nothing has been sent.
	if got := send(t, "POST", near.url+"/f", strings.NewReader("body"), "X-Who: ada"); got.body != "here: body" {
		t.Errorf("%d %s", got.status, got.body)
	}
	near.wantSent(t, "pages/f", "local")

	near = here(t, gateway.URL, config.FallbackLocal, page("pages/f", fn.Page{Route: "/f"}, says("here: ")))
	pool := x509.NewCertPool()
	pool.AddCert(gateway.Certificate())
	near.forwarder.Trust(pool)
	if got := send(t, "POST", near.url+"/f", strings.NewReader("body"), "X-Who: ada"); got.body != "there: body" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if protocol := <-protocols; protocol != "HTTP/2.0" {
		t.Errorf("it speaks %s", protocol)
	}
}
