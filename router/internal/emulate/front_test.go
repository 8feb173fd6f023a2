package emulate_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/emulate"
)

// door returns the address of a front door before l.
func door(t *testing.T, l *emulate.Lambda, k emulate.Kind) string {
	t.Helper()
	server := httptest.NewServer(l.Front(k))
	t.Cleanup(server.Close)
	return server.URL
}

func send(t *testing.T, method, url, contentType string, body io.Reader) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	req.Header.Add("X-Probe", "first")
	req.Header.Add("X-Probe", "second")
	req.Header.Set("Cookie", "session=abc123; theme=dark")
	req.Header.Set("X-Forwarded-For", "6.6.6.6")
	req.Host = "shop.example"
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// event returns what a function gets of a request: its own event, which it answers.
func event(t *testing.T, resp *http.Response) map[string]any {
	t.Helper()
	var e map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil {
		t.Fatalf("%s: %v", resp.Status, err)
	}
	return e
}

// at returns what stands at a path of keys.
func at(v any, path string) any {
	for key := range strings.SplitSeq(path, "/") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

// TestFrontEvent holds the events against what was recorded on AWS.
func TestFrontEvent(t *testing.T) {
	t.Parallel()
	l := start(t, emulate.Options{})
	const target = "/capture/space%20value?repeat=one&repeat=two&redirect=https%3A%2F%2Fexample.com%2Fa%2Fb&literalPlus=a+b&encodedPlus=a%2Bb&empty="
	tests := []struct {
		kind emulate.Kind
		want map[string]any
	}{
		{emulate.FunctionURL, map[string]any{
			"version": "2.0", "rawPath": "/capture/space%20value", "rawQueryString": strings.TrimPrefix(target, "/capture/space%20value?"),
			"cookies": []any{"session=abc123", "theme=dark"}, "headers/cookie": "session=abc123; theme=dark",
			"headers/x-probe": "first,second", "headers/host": "shop.example", "headers/content-length": "2",
			"headers/x-forwarded-for": "6.6.6.6, 127.0.0.1", "queryStringParameters/repeat": "one,two",
			"queryStringParameters/literalPlus": "a b", "queryStringParameters/empty": "",
			"requestContext/http/path": "/capture/space value", "requestContext/http/sourceIp": "127.0.0.1",
			"requestContext/accountId": "anonymous", "body": "{}", "isBase64Encoded": false,
		}},
		{emulate.HTTPAPI, map[string]any{
			"version": "2.0", "rawPath": "/capture/space value", "requestContext/http/path": "/capture/space value",
			"cookies": []any{"session=abc123", "theme=dark"}, "headers/cookie": nil, "body": "{}",
		}},
		{emulate.RESTAPI, map[string]any{
			"path": "/capture/space%20value", "requestContext/path": "/live/capture/space%20value", "httpMethod": "POST",
			"headers/X-Probe": "second", "multiValueHeaders/X-Probe": []any{"first", "second"}, "headers/Content-Length": nil,
			"queryStringParameters/repeat": "two", "multiValueQueryStringParameters/repeat": []any{"one", "two"},
			"queryStringParameters/redirect": "https://example.com/a/b", "queryStringParameters/encodedPlus": "a+b",
			"requestContext/identity/sourceIp": "127.0.0.1", "body": "e30=", "isBase64Encoded": true,
		}},
		{emulate.ALB, map[string]any{
			"path": "/capture/space%20value", "headers/x-probe": "second", "multiValueHeaders": nil,
			"queryStringParameters/redirect": "https%3A%2F%2Fexample.com%2Fa%2Fb", "queryStringParameters/repeat": "two",
			"headers/x-forwarded-for": "6.6.6.6, 127.0.0.1", "body": "{}", "isBase64Encoded": false,
		}},
		{emulate.ALBMultiValue, map[string]any{
			"headers": nil, "multiValueHeaders/x-probe": []any{"first", "second"},
			"multiValueQueryStringParameters/repeat":      []any{"one", "two"},
			"multiValueQueryStringParameters/literalPlus": []any{"a+b"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.kind.String(), func(t *testing.T) {
			t.Parallel()
			resp := send(t, "POST", door(t, l, tt.kind)+target, "application/json", strings.NewReader("{}"))
			e := event(t, resp)
			for path, want := range tt.want {
				if diff := cmp.Diff(want, at(e, path)); diff != "" {
					t.Errorf("%s: (-want +got)\n%s", path, diff)
				}
			}
		})
	}
}

// TestFrontBase64 holds which bodies reach a function in Base64.
func TestFrontBase64(t *testing.T) {
	t.Parallel()
	l := start(t, emulate.Options{})
	tests := []struct {
		kind        emulate.Kind
		contentType string
		want        bool
	}{
		{emulate.HTTPAPI, "text/plain; charset=utf-8", false},
		{emulate.HTTPAPI, "application/x-www-form-urlencoded", true},
		{emulate.FunctionURL, "application/json", false},
		{emulate.FunctionURL, "", true},
		{emulate.ALB, "application/xml", false},
		{emulate.ALB, "image/png", true},
		{emulate.RESTAPI, "application/json", true},
	}
	for _, tt := range tests {
		resp := send(t, "POST", door(t, l, tt.kind)+"/", tt.contentType, strings.NewReader("{}"))
		if got := event(t, resp)["isBase64Encoded"]; got != tt.want {
			t.Errorf("%s, %q: isBase64Encoded is %v", tt.kind, tt.contentType, got)
		}
	}
}

// TestHTTPAPIPath holds what an HTTP API makes of paths against what was recorded.
func TestHTTPAPIPath(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"/plain":             "/plain",
		"/space%20value":     "/space value",
		"/question%3Fmark":   "/question",
		"/hash%23value":      "/hash#value",
		"/slash%2Fvalue":     "/slash/value",
		"/%CE%BB-%E4%B8%96":  "/λ-世",
		"/literal%252Fvalue": "/literal/value",
		"/literal%253Fvalue": "/literal?value",
		"/literal%2525value": "/literal%value",
	} {
		if got, err := emulate.HTTPAPIPath(sent); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", sent, got, err, want)
		}
	}
	if got, err := emulate.HTTPAPIPath("/percent%25done"); err == nil {
		t.Errorf("/percent%%25done became %q, want that it is refused", got)
	}
}

// TestFrontStream wants what a function writes to arrive while it writes.
func TestFrontStream(t *testing.T) {
	t.Parallel()
	l := start(t, emulate.Options{})
	for _, k := range []emulate.Kind{emulate.StreamingURL, emulate.StreamingREST} {
		resp := send(t, "GET", door(t, l, k)+"/stream", "", http.NoBody)
		if resp.StatusCode != http.StatusCreated || resp.Header.Get("Content-Type") != "text/plain" || len(resp.Cookies()) != 2 {
			t.Errorf("%s: %s %v", k, resp.Status, resp.Header)
		}
		body := bufio.NewReader(resp.Body)
		for _, want := range []string{"first\n", "second\n", ""} {
			if line, err := body.ReadString('\n'); line != want {
				t.Errorf("%s: %q, %v; want %q", k, line, err, want)
			}
		}
	}
	resp := send(t, "GET", door(t, l, emulate.StreamingURL)+"/broken", "", http.NoBody)
	if body, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("a stream that broke off ended as if it were whole: %q", body)
	}
	resp = send(t, "GET", door(t, l, emulate.StreamingURL)+"/", "", http.NoBody)
	if e := event(t, resp); e["statusCode"] == nil {
		t.Errorf("an answer that is no stream must arrive with its envelope: %v", e)
	}
}

// TestFrontFailure holds how AWS answers for a function that cannot.
func TestFrontFailure(t *testing.T) {
	t.Parallel()
	l := start(t, emulate.Options{Timeout: 300 * time.Millisecond, Env: []string{"START=exit"}})
	for k, want := range map[emulate.Kind]int{
		emulate.FunctionURL: 502, emulate.StreamingURL: 502, emulate.HTTPAPI: 500, emulate.RESTAPI: 502, emulate.ALB: 502,
	} {
		if resp := send(t, "GET", door(t, l, k)+"/", "", http.NoBody); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", k, resp.Status, want)
		}
	}
	for k, size := range map[emulate.Kind]int{
		emulate.FunctionURL: 6 << 20, emulate.HTTPAPI: 6 << 20, emulate.RESTAPI: 10<<20 + 1, emulate.ALB: 1<<20 + 1,
	} {
		resp := send(t, "POST", door(t, l, k)+"/", "text/plain", strings.NewReader(strings.Repeat("x", size)))
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %s for %d bytes, want 413", k, resp.Status, size)
		}
	}
}

const badGateway = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"

// TestFrontAnswer holds what becomes of a function's answer.
func TestFrontAnswer(t *testing.T) {
	t.Parallel()
	l := start(t, emulate.Options{})
	tests := []struct {
		kind     emulate.Kind
		envelope string
		status   int
		header   map[string][]string
		body     string
	}{
		{
			emulate.FunctionURL, `{"statusCode":201,"headers":{"x-a":"1,2","content-length":"99"},"cookies":["a=1","b=2"],"body":"AP8=","isBase64Encoded":true}`,
			201,
			map[string][]string{"X-A": {"1,2"}, "Set-Cookie": {"a=1", "b=2"}, "Content-Length": {"2"}, "Content-Type": {"application/json"}},
			"\x00\xff",
		},
		{emulate.HTTPAPI, `{"hello":"world"}`, 200, map[string][]string{"Content-Type": {"application/json"}}, `{"hello":"world"}`},
		{emulate.HTTPAPI, `{"statusCode":204}`, 204, map[string][]string{"Content-Length": nil}, ""},
		{emulate.HTTPAPI, `not an envelope`, 500, nil, `{"message":"Internal Server Error"}`},
		{
			emulate.RESTAPI, `{"statusCode":401,"headers":{"x-a":"1"},"multiValueHeaders":{"set-cookie":["a=1","b=2"],"www-authenticate":["Bearer"]},"body":"no"}`,
			401,
			map[string][]string{"X-A": {"1"}, "Set-Cookie": {"a=1", "b=2"}, "X-Amzn-Remapped-Www-Authenticate": {"Bearer"}},
			"no",
		},
		{emulate.RESTAPI, `{"statusCode":200,"cookies":["a=1"]}`, 502, nil, `{"message": "Internal server error"}`},
		{
			emulate.ALB, `{"statusCode":200,"headers":{"x-a":"1"},"multiValueHeaders":{"x-b":["2"]},"body":"yes"}`,
			200,
			map[string][]string{"X-A": {"1"}, "X-B": nil, "Content-Type": {"application/octet-stream"}},
			"yes",
		},
		{
			emulate.ALBMultiValue, `{"statusCode":200,"headers":{"x-a":"1"},"multiValueHeaders":{"x-b":["2","3"]}}`,
			200,
			map[string][]string{"X-A": nil, "X-B": {"3", "2"}},
			"",
		},
		{emulate.FunctionURL, `{"statusCode":200,"headers":{"x-n":1}}`, 200, map[string][]string{"X-N": {"1"}}, ""},
		{emulate.ALB, `{"statusCode":200,"headers":{"x-n":1}}`, 502, nil, badGateway},
		{emulate.ALB, `{"statusCode":"twenty"}`, 502, nil, badGateway},
	}
	for _, tt := range tests {
		resp := send(t, "POST", door(t, l, tt.kind)+"/envelope", "text/plain", strings.NewReader(tt.envelope))
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != tt.status || string(body) != tt.body {
			t.Errorf("%s: %s became %s %q, %v; want %d %q", tt.kind, tt.envelope, resp.Status, body, err, tt.status, tt.body)
		}
		for name, want := range tt.header {
			if diff := cmp.Diff(want, resp.Header[name]); diff != "" {
				t.Errorf("%s: %s: %s (-want +got)\n%s", tt.kind, tt.envelope, name, diff)
			}
		}
	}
}

// TestFrontLate holds how AWS answers for a function that takes too long: longer than the
// front door waits, or than the function may take.
func TestFrontLate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind      emulate.Kind
		door, own time.Duration
		want      int
	}{
		{emulate.HTTPAPI, 100 * time.Millisecond, time.Minute, 503},
		{emulate.RESTAPI, 100 * time.Millisecond, time.Minute, 504},
		{emulate.HTTPAPI, time.Minute, 100 * time.Millisecond, 500},
		{emulate.RESTAPI, time.Minute, 100 * time.Millisecond, 502},
		{emulate.FunctionURL, 0, 100 * time.Millisecond, 502},
		{emulate.ALB, 0, 100 * time.Millisecond, 502},
	}
	for _, tt := range tests {
		l := start(t, emulate.Options{Timeout: tt.own})
		server := httptest.NewServer(l.FrontWithin(tt.kind, tt.door))
		t.Cleanup(server.Close)
		if resp := send(t, "GET", server.URL+"/slow", "", http.NoBody); resp.StatusCode != tt.want {
			t.Errorf("%s, which waits %s for what may take %s: %s, want %d", tt.kind, tt.door, tt.own, resp.Status, tt.want)
		}
	}
}

// TestFrontClientGone has clients leave before and in the midst of a stream: the function
// writes on, and its process is free for the next.
func TestFrontClientGone(t *testing.T) {
	t.Parallel()
	l := start(t, emulate.Options{Environments: 1})
	url := door(t, l, emulate.StreamingURL)
	invoke(t, l, "pid")
	for _, wait := range []time.Duration{5 * time.Millisecond, 60 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/late-stream", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := http.DefaultTransport.RoundTrip(req); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		cancel()
	}
	if r := invoke(t, l, "pid"); r.Error != nil || l.Starts() != 1 {
		t.Errorf("after clients that left: %v, %d starts", r.Error, l.Starts())
	}
}
