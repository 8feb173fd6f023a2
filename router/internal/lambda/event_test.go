package lambda_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// front turns requests into events and replies into answers, as a front of AWS does.
type front struct {
	name  string
	event func(t *testing.T, r request) []byte
}

// request is a request as a client sends it.
type request struct {
	method string // "": GET
	target string // the request line's
	header http.Header
	body   string
	except string // the front that cannot pass it on as it is
}

func (r request) split() (path, query string) {
	path, query, _ = strings.Cut(r.target, "?")
	return path, query
}

// sent is what the front says of the client.
const (
	client = "203.0.113.7"
	domain = "shop.example"
)

func fronts() []front {
	return []front{{"url", v2Event}, {"rest", v1Event}, {"alb", albEvent}, {"alb multi-value", albMultiEvent}}
}

func v2Event(t *testing.T, r request) []byte {
	t.Helper()
	e := events.APIGatewayV2HTTPRequest{Version: "2.0", RouteKey: "$default", Headers: map[string]string{}}
	e.RawPath, e.RawQueryString = r.split()
	e.RequestContext.Stage, e.RequestContext.DomainName = "$default", "abc.lambda-url.eu-central-1.on.aws"
	e.RequestContext.HTTP = events.APIGatewayV2HTTPRequestContextHTTPDescription{
		Method: method(r), Path: e.RawPath, Protocol: "HTTP/1.1", SourceIP: client,
	}
	for name, values := range withFront(r.header) {
		if name == "Cookie" {
			e.Cookies = strings.Split(strings.Join(values, "; "), "; ")
			continue
		}
		e.Headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	e.Body, e.IsBase64Encoded = encode(r.body)
	return marshal(t, e)
}

func v1Event(t *testing.T, r request) []byte {
	t.Helper()
	e := events.APIGatewayProxyRequest{
		Resource: "/{proxy+}", HTTPMethod: method(r), Headers: map[string]string{},
		MultiValueHeaders: withFront(r.header),
	}
	path, query := r.split()
	e.Path = path
	e.MultiValueQueryStringParameters, _ = url.ParseQuery(query)
	e.QueryStringParameters = map[string]string{}
	e.RequestContext.AccountID, e.RequestContext.Stage = "123456789012", "prod"
	e.RequestContext.Identity.SourceIP, e.RequestContext.Protocol = client, "HTTP/1.1"
	last(e.Headers, e.MultiValueHeaders)
	last(e.QueryStringParameters, e.MultiValueQueryStringParameters)
	e.Body, e.IsBase64Encoded = encode(r.body)
	return marshal(t, e)
}

func albMultiEvent(t *testing.T, r request) []byte {
	t.Helper()
	e := albBase(r)
	e.MultiValueHeaders = map[string][]string{}
	for name, values := range withFront(r.header) {
		e.MultiValueHeaders[strings.ToLower(name)] = values
	}
	e.MultiValueQueryStringParameters = rawQuery(r)
	return marshal(t, e)
}

func albEvent(t *testing.T, r request) []byte {
	t.Helper()
	e := albBase(r)
	e.Headers, e.QueryStringParameters = map[string]string{}, map[string]string{}
	for name, values := range withFront(r.header) {
		e.Headers[strings.ToLower(name)] = values[len(values)-1]
	}
	last(e.QueryStringParameters, rawQuery(r))
	return marshal(t, e)
}

func albBase(r request) events.ALBTargetGroupRequest {
	e := events.ALBTargetGroupRequest{HTTPMethod: method(r)}
	e.Path, _ = r.split()
	e.RequestContext.ELB.TargetGroupArn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shop/1"
	e.Body, e.IsBase64Encoded = encode(r.body)
	return e
}

// rawQuery returns the query as ALB passes it on: not decoded.
func rawQuery(r request) map[string][]string {
	out := map[string][]string{}
	_, query := r.split()
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); name != "" {
			out[name] = append(out[name], value)
		}
	}
	return out
}

// withFront adds what the front does. The client has tried to say who it is.
func withFront(h http.Header) http.Header {
	out := http.Header{"Host": {domain}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-For": {"6.6.6.6, " + client}}
	maps.Copy(out, h)
	return out
}

func last(single map[string]string, multi map[string][]string) {
	for name, values := range multi {
		single[name] = values[len(values)-1]
	}
}

func method(r request) string {
	if r.method == "" {
		return http.MethodGet
	}
	return r.method
}

func encode(body string) (string, bool) {
	if utf8.ValidString(body) {
		return body, false
	}
	return base64.StdEncoding.EncodeToString([]byte(body)), true
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// result is an answer as the client gets it.
type result struct {
	Status  int
	Header  http.Header
	Cookies []string
	Body    string
}

// answer returns what the front makes of a reply.
func answered(t *testing.T, reply []byte) result {
	t.Helper()
	var r struct {
		StatusCode        int
		StatusDescription string
		Headers           map[string]string
		MultiValueHeaders http.Header
		Cookies           []string
		Body              string
		IsBase64Encoded   bool
	}
	if err := json.Unmarshal(reply, &r); err != nil {
		t.Fatalf("%v in %s", err, reply)
	}
	out := result{Status: r.StatusCode, Header: http.Header{}, Cookies: r.Cookies, Body: r.Body}
	maps.Copy(out.Header, r.MultiValueHeaders)
	for name, value := range r.Headers {
		out.Header.Add(name, value)
	}
	if r.IsBase64Encoded {
		b, err := base64.StdEncoding.DecodeString(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		out.Body = string(b)
	}
	return out.comparable()
}

// received returns what net/http's client got.
func received(t *testing.T, r *http.Response) result {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return result{Status: r.StatusCode, Header: r.Header, Body: string(body)}.comparable()
}

// comparable leaves out what the connection decides, and joins what may be joined.
func (r result) comparable() result {
	h := http.Header{}
	for name, values := range r.Header {
		switch name {
		case "Set-Cookie":
			r.Cookies = append(r.Cookies, values...)
		case "Date", "Connection", "Keep-Alive", "Transfer-Encoding":
		default:
			h[name] = []string{strings.Join(values, ", ")}
		}
	}
	slices.Sort(r.Cookies)
	r.Header = h
	return r
}
