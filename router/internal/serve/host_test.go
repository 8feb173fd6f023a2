package serve_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/answer"
	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/serve"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

const asJSON = "Content-Type: application/json"

func TestBadRequests(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: samples()})
	name := func(n int) string { return `{"name":"` + strings.Repeat("x", n-len(`{"name":""}`)) + `"}` }
	chunked := func(s string) io.Reader { return struct{ io.Reader }{strings.NewReader(s)} } // of unknown length
	tests := []struct {
		name, method, path string
		body               io.Reader
		headers            []string
		status             int
		detail             string
	}{
		{"nothing there", "GET", "/nope", nil, nil, 404, "There is nothing here."},
		{"wrong method", "DELETE", "/api/echo", nil, nil, 405, "This method is not allowed here; Allow names those that are."},
		{"options", "OPTIONS", "/api/echo", nil, nil, 405, "This method is not allowed here; Allow names those that are."},
		{"wrong method on a closed one", "GET", "/api/closed/1", nil, nil, 405, "This method is not allowed here; Allow names those that are."},
		{"closed", "POST", "/api/closed/1", nil, nil, 401, "Sign in to use this."},
		{"for machines", "GET", "/api/machine", nil, nil, 401, "Present a key."},
		{"malformed", "POST", "/api/echo", strings.NewReader(`{"name"`), []string{asJSON}, 400, "The request's body is not valid JSON."},
		{"wrong type", "POST", "/api/echo", strings.NewReader(`{"name":1}`), []string{asJSON}, 422, "The request is not what this endpoint expects; errors says where."},
		{"unknown field", "POST", "/api/echo", strings.NewReader(`{"name":"x","a":1}`), []string{asJSON}, 422, "The request is not what this endpoint expects; errors says where."},
		{"a byte too much", "POST", "/api/echo", strings.NewReader(name(101)), []string{asJSON}, 413, "The request's body is over the limit of 100 bytes."},
		{"a byte too much, chunked", "POST", "/api/echo", chunked(name(101)), []string{asJSON}, 413, "The request's body is over the limit of 100 bytes."},
		{"far too much, chunked", "POST", "/api/echo", chunked(name(9000)), []string{asJSON}, 413, "The request's body is over the limit of 100 bytes."},
		{"from another site", "POST", "/api/echo", strings.NewReader(`{"name":"x"}`), []string{asJSON, "Sec-Fetch-Site: cross-site"}, 403, "This cannot be done from another site."},
		{"from another origin", "POST", "/api/echo", strings.NewReader(`{"name":"x"}`), []string{asJSON, "Origin: https://evil.example"}, 403, "This cannot be done from another site."},
		{"deadline", "GET", "/api/wait", nil, nil, 504, "This took too long. Try again later."},
		{"deadline of a page", "GET", "/mute", nil, nil, 504, "This took too long. Try again later."},
		{"private error", "GET", "/api/broken", nil, nil, 500, "Something went wrong on our side."},
		{"panic", "GET", "/panic", nil, nil, 500, "Something went wrong on our side."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := send(t, tt.method, host.url+tt.path, tt.body, tt.headers...)
			p := got.problem(t)
			if got.status != tt.status || p.Status != tt.status || p.Detail != tt.detail || p.Title != http.StatusText(tt.status) {
				t.Errorf("got %d %s, want %d %q", got.status, got.body, tt.status, tt.detail)
			}
			if id := got.header.Get("X-Request-Id"); id == "" || id != p.RequestID {
				t.Errorf("X-Request-Id %q, requestId %q", id, p.RequestID)
			}
			if strings.Contains(got.body, "hunter2") {
				t.Errorf("the answer shows the private cause: %s", got.body)
			}
			if allow := got.header.Get("Allow"); (allow == "POST") != (tt.status == 405) {
				t.Errorf("Allow = %q", allow)
			}
			if challenge := got.header.Get("WWW-Authenticate"); (challenge != "") != (tt.status == 401) {
				t.Errorf("WWW-Authenticate = %q", challenge)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
				"Referrer-Policy": "strict-origin-when-cross-origin", "Cache-Control": "private, no-store",
			} {
				if got := got.header.Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
		})
	}
	t.Run("exactly the limit", func(t *testing.T) {
		t.Parallel()
		body := name(51) + strings.Repeat(" ", 49)
		for _, r := range []io.Reader{strings.NewReader(body), chunked(body)} {
			if got := send(t, "POST", host.url+"/api/echo", r, asJSON); got.status != 200 {
				t.Errorf("got %d %s", got.status, got.body)
			}
		}
	})
}

func TestGoodRequests(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: samples()})

	got := send(t, "GET", host.url+"/hello", nil)
	if got.status != 200 || got.body != "hello" || got.header.Get("Cache-Control") != "public, max-age=60" {
		t.Errorf("page: %+v", got)
	}
	got = send(t, "HEAD", host.url+"/hello", nil)
	if got.status != 200 || got.body != "" || got.header.Get("Content-Length") != "5" {
		t.Errorf("HEAD: %+v", got)
	}
	if got = send(t, "HEAD", host.url+"/nope", nil); got.status != 404 || got.header.Get("Content-Type") != answer.ContentType {
		t.Errorf("HEAD of nothing: %+v", got)
	}
	got = send(t, "GET", host.url+"/api/empty", nil)
	if got.status != 204 || got.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("endpoint: %+v", got)
	}
	if got = send(t, "POST", host.url+"/copy", strings.NewReader("back"), "Sec-Fetch-Site: same-origin"); got.body != "back" {
		t.Errorf("copy: %+v", got)
	}
	got = send(t, "GET", host.url+"//folder", nil)
	if got.status < 300 || got.status > 399 || got.header.Get("Location") != "/folder/" {
		t.Errorf("unclean path: %+v", got)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: samples()})
	long := strings.Repeat("a", 128)
	fresh := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	for _, tt := range []struct {
		headers []string
		want    string // "" means a new one
	}{
		{nil, ""},
		{[]string{"X-Railway-Request-Id: rw-1", "X-Request-Id: own"}, "rw-1"},
		{[]string{"X-Request-Id: a.B_9:/+=-"}, "a.B_9:/+=-"},
		{[]string{"X-Railway-Request-Id: no good", "X-Request-Id: own"}, "own"},
		{[]string{"X-Request-Id: " + long}, long},
		{[]string{"X-Request-Id: " + long + "a"}, ""},
		{[]string{"X-Request-Id: <script>"}, ""},
		{[]string{"X-Request-Id: ümlaut"}, ""},
		{[]string{"X-Request-Id: one", "X-Request-Id: two"}, ""},
		{[]string{"X-Request-Id: "}, ""},
	} {
		got := send(t, "POST", host.url+"/api/echo", strings.NewReader(`{"name":"x"}`), append(tt.headers, asJSON)...)
		id := got.header.Get("X-Request-Id")
		if tt.want != "" && id != tt.want || tt.want == "" && !fresh.MatchString(id) {
			t.Errorf("%q: X-Request-Id = %q, want %q", tt.headers, id, tt.want)
		}
		if !strings.Contains(got.body, `"requestId":"`+id+`"`) {
			t.Errorf("%q: the function saw another id: %s", tt.headers, got.body)
		}
	}
}

// behindProxy says that one proxy is trusted, which names the client in header.
func behindProxy(header string) config.Server {
	return config.Server{Client: config.Client{Proxies: config.Proxies{Hops: 1}, IPHeader: header}}
}

func TestLog(t *testing.T) {
	t.Parallel()
	behind := start(t, serve.Config{Functions: samples(), Server: behindProxy("X-Real-Ip")})
	unsaid := start(t, serve.Config{Functions: samples(), Server: behindProxy("")})
	direct := start(t, serve.Config{Functions: samples()})
	line := func(host *running, method, path, id string, body string) map[string]any {
		send(t, method, host.url+path, strings.NewReader(body), "X-Request-Id: "+id, "X-Real-IP: 203.0.113.7", asJSON)
		got := host.log.line(t, id)
		if us, ok := got["us"].(float64); !ok || us < 0 {
			t.Errorf("%s: us = %v", id, got["us"])
		}
		for _, name := range []string{"time", "us", "requestId", "msg"} {
			delete(got, name)
		}
		return got
	}
	base := map[string]any{"level": "INFO", "method": "GET", "ip": "127.0.0.1"}
	for _, tt := range []struct {
		host               *running
		method, path, body string
		want               map[string]any
	}{
		{direct, "GET", "/hello?token=secret", "", map[string]any{"path": "/hello", "status": 200.0, "bytes": 5.0, "function": "pages/hello"}},
		{behind, "GET", "/hello", "", map[string]any{"path": "/hello", "status": 200.0, "bytes": 5.0, "function": "pages/hello", "ip": "203.0.113.7"}},
		{unsaid, "GET", "/hello", "", map[string]any{"path": "/hello", "status": 200.0, "bytes": 5.0, "function": "pages/hello"}},
		{direct, "GET", "/api/broken", "", map[string]any{
			"path": "/api/broken", "status": 500.0, "bytes": any(nil), "function": "api/broken", "level": "ERROR",
			"fault": "internal", "error": "password hunter2",
		}},
		{direct, "GET", "/nope", "", map[string]any{
			"path": "/nope", "status": 404.0, "bytes": any(nil), "function": "", "fault": "not_found", "error": "There is nothing here.",
		}},
		{direct, "POST", "/api/echo", `{"name":7}`, map[string]any{
			"path": "/api/echo", "status": 422.0, "bytes": any(nil), "function": "api/echo", "method": "POST", "fault": "invalid",
			"error": "The request is not what this endpoint expects; errors says where.; body.name: expected string",
		}},
	} {
		got := line(tt.host, tt.method, tt.path, "id-"+strings.Trim(strings.ReplaceAll(tt.path, "?token=", "-"), "/"), tt.body)
		want := map[string]any{}
		for _, m := range []map[string]any{base, tt.want} {
			maps.Copy(want, m)
		}
		if want["bytes"] == nil { // of a document whose length is not the matter here
			want["bytes"] = got["bytes"]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.path, diff)
		}
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: samples()})
	send(t, "GET", host.url+"/panic", nil, "X-Request-Id: early")
	got := host.log.line(t, "early")
	if got["error"] != "panic: hunter2" || got["level"] != "ERROR" || !strings.Contains(fmt.Sprint(got["stack"]), "sample_test.go") {
		t.Errorf("log: %v", got)
	}
	for _, tt := range []struct {
		path, id string
		begun    bool
	}{{"/panic-late", "late", true}, {"/abort", "aborted", false}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, host.url+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Request-Id", tt.id)
		res, err := http.DefaultTransport.RoundTrip(r)
		if err == nil {
			_, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		if err == nil {
			t.Errorf("%s: the answer looks whole", tt.path)
		}
		got := host.log.line(t, tt.id)
		if got["aborted"] != true || (got["stack"] != nil) != tt.begun {
			t.Errorf("%s: log: %v", tt.path, got)
		}
	}
	if got := send(t, "GET", host.url+"/hello", nil); got.status != 200 {
		t.Errorf("after the panics: %+v", got)
	}
}

func TestSlowBody(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: samples()})
	conn := dial(t, host)
	defer conn.Close()
	fmt.Fprintf(conn, "POST /api/slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"name\":")
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil) // blocks until the host gives up
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestTimeout || res.Header.Get("Content-Type") != answer.ContentType {
		t.Errorf("got %d %v", res.StatusCode, res.Header)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	if _, err := in.ReadByte(); err == nil {
		t.Error("the connection goes on in the middle of a request")
	}
}

func TestBodyBreaksOff(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: samples()})
	conn := dial(t, host)
	fmt.Fprintf(conn, "POST /api/echo HTTP/1.1\r\nHost: x\r\nX-Request-Id: gone\r\nContent-Length: 50\r\n\r\n{\"name\":")
	conn.Close()
	if got := host.log.line(t, "gone"); got["status"] != 499.0 || got["level"] != "INFO" {
		t.Errorf("log: %v", got)
	}
}

func TestClientGone(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	host := start(t, serve.Config{Functions: []function.Function{
		typed("api/hang", fn.Endpoint{Route: "GET /api/hang", Access: fn.Public}, endpoint.New(hang{entered})),
	}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-entered
		cancel()
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, host.url+"/api/hang", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Request-Id", "gone")
	if res, err := http.DefaultTransport.RoundTrip(r); err == nil {
		res.Body.Close()
		t.Fatal("an answer came")
	}
	got := host.log.line(t, "gone")
	if got["status"] != 499.0 || got["fault"] != "client_gone" || got["level"] != "INFO" {
		t.Errorf("log: %v", got)
	}
}

// hang says that it has begun, and ends with its client.
type hang struct{ entered chan struct{} }

func (h hang) Handle(ctx context.Context, _ *struct{}) (*struct{}, error) {
	close(h.entered)
	<-ctx.Done()
	return nil, fmt.Errorf("query: %w", ctx.Err())
}

func TestHeaderTooLarge(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: samples()})
	if got := send(t, "GET", host.url+"/hello", nil, "X-Large: "+strings.Repeat("x", 64<<10)); got.status != 431 {
		t.Errorf("got %d", got.status)
	}
	if got := send(t, "GET", host.url+"/hello", nil, "X-Large: "+strings.Repeat("x", 30<<10)); got.status != 200 {
		t.Errorf("got %d", got.status)
	}
}

func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	host := start(t, serve.Config{Functions: []function.Function{{
		Name: "pages/narrow", Spec: fn.Page{Route: "GET /narrow", Access: fn.Public, MaxConcurrent: 1},
		Bind: func() any {
			return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { entered <- struct{}{}; <-leave })
		},
	}}})
	first := make(chan answered)
	go func() { first <- send(t, "GET", host.url+"/narrow", nil) }()
	<-entered
	got := send(t, "GET", host.url+"/narrow", nil)
	if p := got.problem(t); p.Status != 503 || got.header.Get("Retry-After") != "1" {
		t.Errorf("the second: %+v", got)
	}
	close(leave)
	if got := <-first; got.status != 200 {
		t.Errorf("the first: %+v", got)
	}
}

func TestHTTP2Cleartext(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: samples()})
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport}
	for path, want := range map[string]int{"/hello": 200, "/api/empty": 204, "/nope": 404, "/api/wait": 504, "/panic": 500} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, host.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.ProtoMajor != 2 || res.StatusCode != want {
			t.Errorf("%s: %s %d, want %d", path, res.Proto, res.StatusCode, want)
		}
	}
}

func TestInngest(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: samples(), Inngest: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, r.Method, " ", n, " ", err)
	})})
	for _, method := range []string{"GET", "POST", "PUT"} {
		got := send(t, method, host.url+"/api/inngest", strings.NewReader(strings.Repeat("x", 3<<20)),
			"Sec-Fetch-Site: cross-site", "X-Request-Id: "+method)
		if want := method + " 3145728 <nil>"; got.body != want {
			t.Errorf("got %d %q, want %q", got.status, got.body, want)
		}
		if line := host.log.line(t, method); line["function"] != "inngest" {
			t.Errorf("log: %v", line)
		}
	}
	if got := send(t, "DELETE", host.url+"/api/inngest", nil); got.status != 405 {
		t.Errorf("DELETE: %d", got.status)
	}
	none := start(t, serve.Config{})
	if got := send(t, "POST", none.url+"/api/inngest", nil); got.status != 404 {
		t.Errorf("without jobs: %d", got.status)
	}
}

func TestNewNamesTheFunctionAtFault(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want string
		bad  function.Function
	}{
		{"pages/hello", page("pages/hello", "GET /livez", nil)},
		{"pages/odd", page("pages/odd", "GET nowhere", nil)},
		{"api/page", function.Function{Name: "api/page", Spec: fn.Endpoint{Route: "GET /x"}, Bind: func() any { return http.NotFoundHandler() }}},
	} {
		_, err := serve.New(serve.Config{Functions: []function.Function{tt.bad}})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("err = %v, want one that names %s", err, tt.want)
		}
	}
}
