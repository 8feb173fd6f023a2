package emulate

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Kind is a kind of front door: what stands between HTTP and a function on AWS.
type Kind int

// The kinds.
const (
	FunctionURL   Kind = iota // a Function URL that buffers
	StreamingURL              // a Function URL with InvokeMode RESPONSE_STREAM
	HTTPAPI                   // an API Gateway HTTP API with payload format 2.0
	RESTAPI                   // an API Gateway REST API, proxy integration, binary type */*
	StreamingREST             // the same with response transfer mode STREAM
	ALB                       // an Application Load Balancer
	ALBMultiValue             // the same with multi-value headers enabled
)

// Kinds returns all kinds.
func Kinds() []Kind {
	return []Kind{FunctionURL, StreamingURL, HTTPAPI, RESTAPI, StreamingREST, ALB, ALBMultiValue}
}

// ParseKind returns the kind of that name.
func ParseKind(name string) (Kind, error) {
	var names []string
	for _, k := range Kinds() {
		if k.String() == name {
			return k, nil
		}
		names = append(names, k.String())
	}
	return 0, fmt.Errorf("there is no front door %q; there are %s", name, strings.Join(names, ", "))
}

// String returns the name, such as http-api.
func (k Kind) String() string { return k.door().name }

// Streams reports whether answers come as they are made.
func (k Kind) Streams() bool { return k.door().stream }

// door says how a kind behaves.
type door struct {
	name    string
	stream  bool
	event   func(*call) (any, error) // fails with a refusal
	answer  func(*envelope) (*answer, error)
	maxBody int           // of a request
	maxBack int           // of a response; 0 if only Lambda's own limit holds
	timeout time.Duration // 0 if only the function's own holds
	typ     string        // the content type of an answer that names none
	failed  answer        // when the function fails, or what it answers makes no sense
	late    answer        // when timeout has passed
	large   answer        // when the request is larger than maxBody, or than Lambda takes
}

const jsonType = "application/json"

func (k Kind) door() door {
	switch k {
	case FunctionURL, StreamingURL:
		return urlDoor(k == StreamingURL)
	case HTTPAPI:
		return httpAPIDoor()
	case RESTAPI, StreamingREST:
		return restDoor(k == StreamingREST)
	case ALB, ALBMultiValue:
		return albDoor(k == ALBMultiValue)
	}
	panic(fmt.Sprintf("no kind %d", int(k)))
}

// urlDoor is a Function URL. [doc: Creating and managing Lambda function URLs]
func urlDoor(stream bool) door {
	d := door{
		name: "function-url", stream: stream, event: urlEvent, answer: (*envelope).v2,
		maxBody: MaxRequest, typ: jsonType,
		failed: said(http.StatusBadGateway, jsonType, "Internal Server Error"),
		large:  said(http.StatusRequestEntityTooLarge, jsonType, `{"Message":"Request must be smaller than 6291456 bytes for the InvokeFunction operation"}`),
	}
	if stream {
		d.name += "-stream"
		d.typ = "application/octet-stream"
	}
	return d
}

// httpAPIDoor is an HTTP API: it fails with 500 and is late with 503, where a REST
// API says 502 and 504. [doc: Quotas for HTTP APIs, Troubleshooting HTTP API Lambda
// integrations]
func httpAPIDoor() door {
	return door{
		name: "http-api", event: httpAPIEvent, answer: (*envelope).v2,
		maxBody: 10 << 20, timeout: 30 * time.Second, typ: "text/plain;charset=UTF-8",
		failed: said(http.StatusInternalServerError, jsonType, `{"message":"Internal Server Error"}`),
		late:   said(http.StatusServiceUnavailable, jsonType, `{"message":"Service Unavailable"}`),
		large:  said(http.StatusRequestEntityTooLarge, jsonType, `{"message":"Request Entity Too Large"}`),
	}
}

// restDoor is a REST API. [doc: Quotas for REST APIs, Gateway response types]
func restDoor(stream bool) door {
	d := door{
		name: "rest-api", stream: stream, event: restEvent, answer: (*envelope).v1,
		maxBody: 10 << 20, timeout: 29 * time.Second, typ: jsonType,
		failed: said(http.StatusBadGateway, jsonType, `{"message": "Internal server error"}`),
		late:   said(http.StatusGatewayTimeout, jsonType, `{"message": "Endpoint request timed out"}`),
		large:  said(http.StatusRequestEntityTooLarge, jsonType, `{"message": "Request Too Long"}`),
	}
	if stream {
		d.name += "-stream"
		d.timeout = 15 * time.Minute // [doc: Response streaming in API Gateway]
	}
	return d
}

// albDoor is a load balancer, which takes 1 MB and no more, both ways, and says 502
// of a function's timeout too. [doc: Lambda functions as targets, Troubleshoot your
// Application Load Balancers]
func albDoor(multi bool) door {
	d := door{
		name: "alb", event: albEvent, answer: (*envelope).alb,
		maxBody: 1 << 20, maxBack: 1 << 20, typ: "application/octet-stream",
		failed: said(http.StatusBadGateway, "text/html", page(http.StatusBadGateway)),
		large:  said(http.StatusRequestEntityTooLarge, "text/html", page(http.StatusRequestEntityTooLarge)),
	}
	if multi {
		d.name += "-multi"
		d.event, d.answer = albMultiEvent, (*envelope).albMulti
	}
	return d
}

func page(status int) string {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n</body>\r\n</html>\r\n"
}
