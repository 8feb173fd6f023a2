package remote_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"switchyard/router/internal/function"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// says answers text.
func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, text+string(body))
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	f := page("pages/f", fn.Page{Route: "/f", Access: fn.Public}, says("here: "))
	near := here(t, nowhere(t), config.FallbackOff, f)
	got := send(t, "POST", near.url+"/f", strings.NewReader("body"))
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", got.status, got.body)
	}
	near.wantLogged(t, "connection refused")
	near.wantSent(t, "pages/f", "unreachable")
}

func TestFallsBack(t *testing.T) {
	t.Parallel()
	f := page("pages/f", fn.Page{Route: "/f"}, says("here: "))
	near := here(t, nowhere(t), config.FallbackLocal, f)
	body := strings.Repeat("body", 100_000)
	got := send(t, "POST", near.url+"/f", strings.NewReader(body), "X-Who: ada")
	if got.status != http.StatusOK || got.body != "here: "+body {
		t.Errorf("%d %.100s", got.status, got.body)
	}
	near.wantSent(t, "pages/f", "local")
}

// A request that has arrived may have been answered by deeds: it does not run twice.
func TestBrokenOff(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1))
			_ = conn.Close()
		}
	}()
	f := page("pages/f", fn.Page{Route: "/f", Access: fn.Public}, says("here"))
	near := here(t, "http://"+l.Addr().String(), config.FallbackLocal, f)
	if got := send(t, "POST", near.url+"/f", strings.NewReader("body")); got.status != http.StatusBadGateway {
		t.Errorf("%d %s", got.status, got.body)
	}
	near.wantSent(t, "pages/f", "broken")
}

func TestOtherKey(t *testing.T) {
	t.Parallel()
	f := page("pages/f", fn.Page{Route: "/f"}, says("ran"))
	far := there(t, otherKey, f)
	near := here(t, far.url, config.FallbackLocal, f)
	got := send(t, "GET", near.url+"/f", nil, "X-Who: ada")
	if got.status != http.StatusBadGateway || strings.Contains(got.body, "ran") {
		t.Errorf("%d %s", got.status, got.body)
	}
	near.wantLogged(t, "SWITCHYARD_CALLER_KEY")
	near.wantSent(t, "pages/f", "refused")
}

// A host that was not told to take the router's word turns everybody away. Nobody is
// made to sign in again because of that.
func TestTokenIsIgnored(t *testing.T) {
	t.Parallel()
	f := page("pages/f", fn.Page{Route: "/f"}, says("ran"))
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusSeeOther} {
		gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(gateway.Close)
		near := here(t, gateway.URL, config.FallbackOff, f)
		if got := send(t, "GET", near.url+"/f", nil, "X-Who: ada"); got.status != http.StatusBadGateway {
			t.Errorf("%d became %d", status, got.status)
		}
		near.wantLogged(t, "--behind")
		near.wantSent(t, "pages/f", "refused")
	}
}

func TestSlow(t *testing.T) {
	t.Parallel()
	spec := fn.Page{Route: "/f", Access: fn.Public, Timeout: time.Second}
	long := fn.Page{Route: "/f", Access: fn.Public}
	gone := make(chan struct{})
	far := there(t, key, page("pages/f", long, func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		close(gone)
	}))
	near := here(t, far.url, config.FallbackLocal, page("pages/f", spec, says("here")))
	if got := send(t, "GET", near.url+"/f", nil); got.status != http.StatusGatewayTimeout {
		t.Errorf("%d %s", got.status, got.body)
	}
	<-gone // the function is told that nobody waits
	near.wantSent(t, "pages/f", "broken")
}

func TestStreams(t *testing.T) {
	t.Parallel()
	next := make(chan struct{})
	f := page("pages/f", fn.Page{Route: "/f", Access: fn.Public}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
			<-next
		}
	})
	far := there(t, key, f)
	near := here(t, far.url, config.FallbackOff, f)
	res := open(t, "GET", near.url+"/f", nil)
	defer res.Body.Close()
	for i := range 3 { // each arrives before the next is written
		event := make([]byte, len("data: 0\n\n"))
		if _, err := io.ReadFull(res.Body, event); err != nil || string(event) != fmt.Sprintf("data: %d\n\n", i) {
			t.Fatalf("%q %v", event, err)
		}
		next <- struct{}{}
	}
}

// A stream that breaks off there breaks off here: nobody takes it for a whole answer.
func TestStreamBreaksOff(t *testing.T) {
	t.Parallel()
	f := page("pages/f", fn.Page{Route: "/f", Access: fn.Public}, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	far := there(t, key, f)
	near := here(t, far.url, config.FallbackOff, f)
	res := open(t, "GET", near.url+"/f", nil)
	defer res.Body.Close()
	if text, err := io.ReadAll(res.Body); err == nil || string(text) != "half" {
		t.Errorf("%q, %v", text, err)
	}

	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("without a server of net/http: %v", err)
		}
	}()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/f", nil)
	near.handler.ServeHTTP(httptest.NewRecorder(), r)
}

func TestBigBodies(t *testing.T) {
	t.Parallel()
	spec := fn.Page{Route: "/f", Access: fn.Public, MaxBody: 64 << 20}
	echo := page("pages/f", spec, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // all before the answer: HTTP/1.1 wants it so
		_, _ = w.Write(body)
	})
	far := there(t, key, echo)
	near := here(t, far.url, config.FallbackOff, echo)
	body := make([]byte, 32<<20)
	_, _ = rand.Read(body)
	for _, in := range []io.Reader{bytes.NewReader(body), io.MultiReader(bytes.NewReader(body))} { // the second has no length
		res := open(t, "POST", near.url+"/f", in)
		hash := sha256.New()
		if _, err := io.Copy(hash, res.Body); err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if want := sha256.Sum256(body); hex.EncodeToString(hash.Sum(nil)) != hex.EncodeToString(want[:]) {
			t.Errorf("%d: the bytes are others", res.StatusCode)
		}
	}
}

func TestTooBig(t *testing.T) {
	t.Parallel()
	f := page("pages/f", fn.Page{Route: "/f", Access: fn.Public, MaxBody: 1000}, says(""))
	far := there(t, key, page("pages/f", fn.Page{Route: "/f", Access: fn.Public, MaxBody: 10_000_000}, says("")))
	near := here(t, far.url, config.FallbackOff, f)
	in := io.MultiReader(strings.NewReader(strings.Repeat("x", 100_000)))
	if got := send(t, "POST", near.url+"/f", in); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// A URL may have a path that a gateway takes away, such as the stage of an API.
func TestBelowAPath(t *testing.T) {
	t.Parallel()
	f := page("pages/f", fn.Page{Route: "/f/{rest...}"}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.URL.RequestURI())
	})
	far := there(t, key, f)
	gateway := httptest.NewServer(http.StripPrefix("/prod/v1", far.handler))
	t.Cleanup(gateway.Close)
	near := here(t, gateway.URL+"/prod/v1/", config.FallbackOff, f)
	for _, path := range []string{"/f/", "/f/a%2Fb/%C3%A9/?x=1"} {
		if got := send(t, "GET", near.url+path, nil, "X-Who: ada"); got.body != path {
			t.Errorf("%d %s, want %s", got.status, got.body, path)
		}
	}
}

// The answers of the two are the same, wherever the function runs.
func TestSameAnswers(t *testing.T) {
	t.Parallel()
	functions := func() []function.Function {
		return []function.Function{
			page("pages/redirect", fn.Page{Route: "/redirect", Access: fn.Public}, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
			}),
			page("pages/unchanged", fn.Page{Route: "/unchanged", Access: fn.Public}, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Etag", `"1"`)
				w.WriteHeader(http.StatusNotModified)
			}),
			page("pages/nothing", fn.Page{Route: "/nothing", Access: fn.Public}, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusNoContent)
			}),
			page("pages/file", fn.Page{Route: "/file", Access: fn.Public}, func(w http.ResponseWriter, r *http.Request) {
				http.ServeContent(w, r, "x.txt", time.Unix(1, 0), strings.NewReader(strings.Repeat("0123456789", 1000)))
			}),
			page("pages/panic", fn.Page{Route: "/panic", Access: fn.Public}, func(http.ResponseWriter, *http.Request) { panic("hunter2") }),
		}
	}
	far := there(t, key, functions()...)
	near := here(t, far.url, config.FallbackOff, functions()...)
	for _, tt := range []struct{ method, path, header string }{
		{"GET", "/redirect", "Accept: */*"},
		{"GET", "/unchanged", `If-None-Match: "1"`},
		{"GET", "/nothing", "Accept: */*"},
		{"GET", "/file", "Range: bytes=5-12"},
		{"HEAD", "/file", "Accept: */*"},
		{"GET", "/panic", "Accept: */*"},
		{"PATCH", "/panic", "Accept: */*"},
	} {
		t.Run(tt.method+tt.path, func(t *testing.T) {
			t.Parallel()
			direct := send(t, tt.method, far.url+tt.path, nil, tt.header, "X-Request-Id: r")
			through := send(t, tt.method, near.url+tt.path, nil, tt.header, "X-Request-Id: r")
			direct.header.Del("Date")
			through.header.Del("Date")
			if a, b := fmt.Sprint(direct), fmt.Sprint(through); a != b {
				t.Errorf("direct:  %s\nthrough: %s", a, b)
			}
		})
	}
}
