package emulate

import (
	"net/http"
	"net/url"
	"strings"
)

// eventV2 is an event of payload format 2.0. [doc: Lambda proxy integrations for HTTP
// APIs]
type eventV2 struct {
	Version               string            `json:"version"`
	RouteKey              string            `json:"routeKey"`
	RawPath               string            `json:"rawPath"`
	RawQueryString        string            `json:"rawQueryString"`
	Cookies               []string          `json:"cookies,omitempty"`
	Headers               map[string]string `json:"headers"`
	QueryStringParameters map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext        contextV2         `json:"requestContext"`
	Body                  string            `json:"body,omitempty"`
	IsBase64Encoded       bool              `json:"isBase64Encoded"`
}

type contextV2 struct {
	AccountID    string `json:"accountId"`
	APIID        string `json:"apiId"`
	DomainName   string `json:"domainName"`
	DomainPrefix string `json:"domainPrefix"`
	HTTP         struct {
		Method    string `json:"method"`
		Path      string `json:"path"`
		Protocol  string `json:"protocol"`
		SourceIP  string `json:"sourceIp"`
		UserAgent string `json:"userAgent"`
	} `json:"http"`
	RequestID string `json:"requestId"`
	RouteKey  string `json:"routeKey"`
	Stage     string `json:"stage"`
	Time      string `json:"time"`
	TimeEpoch int64  `json:"timeEpoch"`
}

// v2 is what a Function URL and an HTTP API have in common.
func (c *call) v2(account, domain string) *eventV2 {
	prefix, _, _ := strings.Cut(domain, ".")
	e := &eventV2{
		Version: "2.0", RouteKey: "$default",
		RawQueryString:        c.URL.RawQuery,
		Cookies:               c.cookies(),
		Headers:               lower(c.fields(), commas),
		QueryStringParameters: each(c.URL.Query(), commas),
		RequestContext: contextV2{
			AccountID: account, APIID: prefix, DomainName: domain, DomainPrefix: prefix,
			RequestID: c.id, RouteKey: "$default", Stage: "$default",
			Time: c.stamp(), TimeEpoch: c.now.UnixMilli(),
		},
	}
	h := &e.RequestContext.HTTP
	h.Method, h.Protocol, h.SourceIP, h.UserAgent = c.Method, c.Proto, c.source(), c.UserAgent()
	e.Body, e.IsBase64Encoded = c.text(false)
	return e
}

// urlEvent leaves the path as it was sent in rawPath, and decodes it in
// requestContext.http.path. The cookies stay among the headers too. [capture]
func urlEvent(c *call) (any, error) {
	e := c.v2("anonymous", "emulated."+"lambda-url."+region+".on.aws")
	e.RawPath = c.URL.EscapedPath()
	e.RequestContext.HTTP.Path = c.URL.Path
	return e, nil
}

// httpAPIEvent decodes the path, once to find the route and, up to a question mark
// that was encoded, once more. The cookies are no headers any more. [capture]
func httpAPIEvent(c *call) (any, error) {
	path, err := HTTPAPIPath(c.URL.EscapedPath())
	if err != nil {
		return nil, &refusal{said(http.StatusBadRequest, jsonType, `{"message":"Bad Request"}`)}
	}
	e := c.v2(account, "emulated.execute-api."+region+".amazonaws.com")
	e.RawPath, e.RequestContext.HTTP.Path = path, path
	delete(e.Headers, "cookie")
	if len(c.body) == 0 {
		e.Headers["content-length"] = "0" // as in aws-lambda-go's sample of a GET
	}
	return e, nil
}

// HTTPAPIPath returns what an HTTP API makes of an escaped path: rawPath is not raw.
// It fails if the API would refuse the request.
func HTTPAPIPath(escaped string) (string, error) {
	once, err := url.PathUnescape(escaped)
	if err != nil {
		return "", err
	}
	once, _, _ = strings.Cut(once, "?")
	return url.PathUnescape(once)
}

// eventV1 is an event of a REST API. [doc: Lambda proxy integrations in API Gateway]
type eventV1 struct {
	Resource                        string              `json:"resource"`
	Path                            string              `json:"path"`
	HTTPMethod                      string              `json:"httpMethod"`
	Headers                         map[string]string   `json:"headers"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters"`
	PathParameters                  map[string]string   `json:"pathParameters"`
	StageVariables                  map[string]string   `json:"stageVariables"`
	RequestContext                  contextV1           `json:"requestContext"`
	Body                            *string             `json:"body"`
	IsBase64Encoded                 bool                `json:"isBase64Encoded"`
}

type contextV1 struct {
	AccountID         string `json:"accountId"`
	APIID             string `json:"apiId"`
	DomainName        string `json:"domainName"`
	DomainPrefix      string `json:"domainPrefix"`
	ExtendedRequestID string `json:"extendedRequestId"`
	HTTPMethod        string `json:"httpMethod"`
	Identity          struct {
		SourceIP  string  `json:"sourceIp"`
		UserAgent string  `json:"userAgent"`
		AccountID *string `json:"accountId"`
		User      *string `json:"user"`
	} `json:"identity"`
	Path             string `json:"path"`
	Protocol         string `json:"protocol"`
	RequestID        string `json:"requestId"`
	RequestTime      string `json:"requestTime"`
	RequestTimeEpoch int64  `json:"requestTimeEpoch"`
	ResourceID       string `json:"resourceId"`
	ResourcePath     string `json:"resourcePath"`
	Stage            string `json:"stage"`
}

// restEvent leaves the path as it was sent and decodes the query. Of repeated headers
// the single-value form has the last. There is no Content-Length. [capture] With the
// binary type */* every body is in Base64. [doc: Content type conversions]
func restEvent(c *call) (any, error) {
	const stage, resource = "live", "/{proxy+}"
	h := c.fields()
	h.Del("Content-Length")
	query := c.URL.Query()
	path := c.URL.EscapedPath()
	e := &eventV1{
		Resource: resource, Path: path, HTTPMethod: c.Method,
		Headers:                         each(url.Values(h), last),
		MultiValueHeaders:               h,
		QueryStringParameters:           each(query, last),
		MultiValueQueryStringParameters: each(query, same),
		PathParameters:                  map[string]string{"proxy": strings.TrimPrefix(path, "/")},
		RequestContext: contextV1{
			AccountID: account, APIID: "emulated", DomainPrefix: "emulated",
			DomainName:        "emulated.execute-api." + region + ".amazonaws.com",
			ExtendedRequestID: hex(8), HTTPMethod: c.Method,
			Path: "/" + stage + path, Protocol: c.Proto,
			RequestID: c.id, RequestTime: c.stamp(), RequestTimeEpoch: c.now.UnixMilli(),
			ResourceID: "emulat", ResourcePath: resource, Stage: stage,
		},
	}
	e.RequestContext.Identity.SourceIP, e.RequestContext.Identity.UserAgent = c.source(), c.UserAgent()
	if text, encoded := c.text(true); len(c.body) > 0 {
		e.Body, e.IsBase64Encoded = &text, encoded
	}
	return e, nil
}

// eventALB is an event of a load balancer. [doc: Lambda functions as targets]
type eventALB struct {
	RequestContext struct {
		ELB struct {
			TargetGroupARN string `json:"targetGroupArn"`
		} `json:"elb"`
	} `json:"requestContext"`
	HTTPMethod                      string              `json:"httpMethod"`
	Path                            string              `json:"path"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters,omitempty"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters,omitempty"`
	Headers                         map[string]string   `json:"headers,omitempty"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders,omitempty"`
	Body                            string              `json:"body"`
	IsBase64Encoded                 bool                `json:"isBase64Encoded"`
}

// albCommon leaves the path as it was sent. [capture]
func albCommon(c *call) *eventALB {
	e := &eventALB{HTTPMethod: c.Method, Path: c.URL.EscapedPath()}
	e.RequestContext.ELB.TargetGroupARN = "arn:aws:elasticloadbalancing:" + region + ":" + account + ":targetgroup/emulated/0123456789abcdef"
	e.Body, e.IsBase64Encoded = c.text(false)
	return e
}

// albEvent keeps the last value of each header and of each key of the query.
func albEvent(c *call) (any, error) {
	e := albCommon(c)
	e.QueryStringParameters = each(rawQuery(c.URL.RawQuery), last)
	e.Headers = lower(c.fields(), last)
	return e, nil
}

func albMultiEvent(c *call) (any, error) {
	e := albCommon(c)
	e.MultiValueQueryStringParameters = each(rawQuery(c.URL.RawQuery), same)
	e.MultiValueHeaders = lower(c.fields(), same)
	return e, nil
}

// rawQuery splits a query and decodes nothing: "If the query parameters are
// URL-encoded, the load balancer does not decode them." [doc: Lambda functions as
// targets; capture]
func rawQuery(query string) url.Values {
	values := url.Values{}
	for part := range strings.SplitSeq(query, "&") {
		if part != "" {
			key, value, _ := strings.Cut(part, "=")
			values[key] = append(values[key], value)
		}
	}
	return values
}
