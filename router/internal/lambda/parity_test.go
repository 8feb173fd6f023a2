package lambda_test

import (
	"bufio"
	"fmt"
	"io"
	"log" //nolint:depguard // net/http wants one of its loggers
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/lambda"
)

// handler has what goes wrong elsewhere.
func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo/{name...}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "method %s\nname %q\npath %q\nraw %q\nuri %q\nquery %v\nhost %s\nlength %d\nbody %q %v\ncookies %v\ncookie %q\nlist %q\nproto %s\n",
			r.Method, r.PathValue("name"), r.URL.Path, r.URL.EscapedPath(), r.RequestURI, r.URL.Query(), r.Host, r.ContentLength,
			body, err, r.Cookies(), r.Header["Cookie"], r.Header.Get("X-List"), r.Proto)
		_, hosted := r.Header["Host"]
		_, server := r.Context().Value(http.ServerContextKey).(*http.Server)
		host, port, err := net.SplitHostPort(r.RemoteAddr)
		fmt.Fprintln(w, hosted, server, host != "", port != "", err, r.GetBody == nil, len(r.TransferEncoding), r.URL.Host)
	})
	mux.HandleFunc("/bytes", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("\x89PNG\r\n\x1a\n\x00\xff\xfe"))
	})
	mux.HandleFunc("/gzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write([]byte("\x1f\x8b\x08\x00"))
	})
	mux.HandleFunc("/text", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<p>Grüße & \u2028 \x00</p>") })
	mux.HandleFunc("/late", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(http.StatusOK)
		w.Header().Set("X-Late", "not sent")
		fmt.Fprint(w, "short")
	})
	mux.HandleFunc("/sniff", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<!DOC")
		fmt.Fprint(w, "TYPE html>")
	})
	mux.HandleFunc("/sniffed", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<!DOC")
		_ = http.NewResponseController(w).Flush()
		fmt.Fprint(w, "TYPE html>")
	})
	mux.HandleFunc("/untyped", func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		fmt.Fprint(w, "x")
	})
	mux.HandleFunc("/big", func(w http.ResponseWriter, _ *http.Request) {
		for range 100 {
			fmt.Fprint(w, strings.Repeat("0123456789", 100))
		}
	})
	mux.HandleFunc("/values", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Add("Vary", "Accept")
		h.Add("Vary", "Cookie")
		h.Add("X-Line", "a\r\nInjected: b")
		for i := range 9 {
			http.SetCookie(w, &http.Cookie{Name: "c" + string(rune('0'+i)), Value: "1,2", Path: "/", HttpOnly: true, Expires: time.Unix(1e9, 0)})
		}
		h.Set("Keep-Alive", "timeout=5")
		h.Set("Connection", "Keep-Alive")
		fmt.Fprint(w, "ok")
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/text?a=1", http.StatusSeeOther) })
	mux.HandleFunc("/none", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "7")
		w.WriteHeader(http.StatusNoContent)
		_, err := io.WriteString(w, "ignored")
		if err != http.ErrBodyNotAllowed { //nolint:errorlint // as it is documented
			panic(err)
		}
	})
	mux.HandleFunc("/empty", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"1"`)
		http.ServeContent(w, r, "a.txt", time.Unix(1e9, 0), strings.NewReader("0123456789"))
	})
	mux.HandleFunc("/hints", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		fmt.Fprint(w, "after hints")
	})
	return mux
}

// cases are answered alike by net/http and through every front.
func cases() map[string]request {
	return map[string]request{
		"plain":          {target: "/echo/a"},
		"escaped":        {target: "/echo/a%2Fb%20c%25"},
		"Unicode":        {target: "/echo/%E6%9D%B1/%c3%bc"},
		"odd characters": {target: "/echo/a;b=c,d:e@f!$&'()*+~|{}^`\"\\[]"},
		"dots":           {target: "/echo/a/../b"},
		"double slash":   {target: "//echo//a"},
		"query":          {target: "/echo/a?a%5B%5D=1&b%26c=%26%3D+&e=%C3%A9"},
		"repeated query": {target: "/echo/a?a=2&a=1&a=", except: "alb"},
		"query as it is": {target: "/echo/a?a[]=%20+&b=%7e&c=%zz&d=%", except: "rest"},
		"post":           {method: "POST", target: "/echo/a", body: "hello=1"},
		"binary":         {method: "PUT", target: "/echo/a", body: "\xff\x00\xfe"},
		"cookies":        {target: "/echo/a", header: http.Header{"Cookie": {"a=1; b=2; c=3"}}},
		"list":           {target: "/echo/a", header: http.Header{"X-List": {"a,b"}}},
		"bytes":          {target: "/bytes"},
		"gzip":           {target: "/gzip"},
		"text":           {target: "/text"},
		"late":           {target: "/late"},
		"sniff":          {target: "/sniff"},
		"sniffed":        {target: "/sniffed"},
		"untyped":        {target: "/untyped"},
		"big":            {target: "/big"},
		"values":         {target: "/values"},
		"moved":          {target: "/moved"},
		"none":           {target: "/none"},
		"empty":          {target: "/empty"},
		"hints":          {target: "/hints"},
		"file":           {target: "/file"},
		"range":          {target: "/file", header: http.Header{"Range": {"bytes=2-4"}}},
		"not modified":   {target: "/file", header: http.Header{"If-None-Match": {`"1"`}}},
		"head of file":   {method: "HEAD", target: "/file"},
		"head of text":   {method: "HEAD", target: "/text"},
		"head of big":    {method: "HEAD", target: "/big"},
		"head of empty":  {method: "HEAD", target: "/empty"},
		"options":        {method: "OPTIONS", target: "/echo/a"},
		"bad escape":     {target: "/echo/100%"},
		"bad escape 2":   {target: "/echo/%zz"},
		"not found":      {target: "/nowhere"},
	}
}

func TestParity(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(handler())
	server.Config.ErrorLog = discard()
	server.Start()
	t.Cleanup(server.Close)
	host := lambda.New(lambda.Config{HTTP: handler()})
	streamer := lambda.New(lambda.Config{HTTP: handler(), Stream: true})
	for name, r := range cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := direct(t, server, r)
			for _, f := range fronts() {
				if f.name == r.except {
					continue
				}
				reply, err := host.Invoke(t.Context(), f.event(t, r))
				if err != nil {
					t.Errorf("%s: %v", f.name, err)
					continue
				}
				if diff := cmp.Diff(want, answered(t, reply)); diff != "" {
					t.Errorf("%s (-net/http +lambda):\n%s", f.name, diff)
				}
			}
			for _, f := range fronts()[:2] {
				if f.name == r.except {
					continue
				}
				if diff := cmp.Diff(want, streamed(t, streamer, f.event(t, r)).comparable()); diff != "" {
					t.Errorf("%s, streamed (-net/http +lambda):\n%s", f.name, diff)
				}
			}
		})
	}
}

// discard returns what net/http says its complaints to.
func discard() *log.Logger { return slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo) }

// direct sends r to a server of net/http, byte for byte.
func direct(t *testing.T, server *httptest.Server, r request) result {
	t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", method(r), r.target, domain)
	for name, values := range r.header {
		for _, v := range values {
			fmt.Fprintf(&b, "%s: %s\r\n", name, v)
		}
	}
	if r.body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.body))
	}
	if _, err := io.WriteString(conn, b.String()+"\r\n"+r.body); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: method(r)})
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode >= 200 {
			return received(t, resp)
		}
	}
}

// TestProxied wants an answer that broke off on the way to a proxy in the handler to
// break off here too.
func TestProxied(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Begun", "yes")
		fmt.Fprint(w, "the beginning")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(upstream.Close)
	proxy := &httputil.ReverseProxy{ErrorLog: discard(), Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = "http", upstream.Listener.Addr().String()
	}}
	for _, f := range fronts() {
		reply, err := lambda.New(lambda.Config{HTTP: proxy}).Invoke(t.Context(), f.event(t, request{target: "/"}))
		if err == nil {
			t.Errorf("%s: the broken answer was passed on: %s", f.name, reply)
		}
	}
}

func TestCookiesOfSingleValues(t *testing.T) {
	t.Parallel()
	host := lambda.New(lambda.Config{HTTP: handler()})
	reply, err := host.Invoke(t.Context(), albEvent(t, request{target: "/values"}))
	if err != nil {
		t.Fatal(err)
	}
	got := answered(t, reply)
	if len(got.Cookies) != 9 || !slices.IsSorted(got.Cookies) {
		t.Errorf("cookies = %q", got.Cookies)
	}
}
