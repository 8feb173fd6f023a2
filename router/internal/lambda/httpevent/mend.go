package httpevent

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// mendV2 escapes the path of an HTTP API's event, which API Gateway has decoded; see
// IsHTTPAPI. algnhsa decodes it once more, and fails the invocation at the %.
func (x *exchange) mendV2(payload []byte) ([]byte, error) {
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, err
	}
	if IsHTTPAPI(e.RequestContext.DomainName) {
		e.RawPath, x.escaped = escapePath(e.RawPath, true), true
	}
	return json.Marshal(e)
}

// mendV1 adds the account, without which algnhsa does not take an event as one of
// API Gateway. Events that the console's test button sends have none.
func mendV1(payload []byte) ([]byte, error) {
	var e events.APIGatewayProxyRequest
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, err
	}
	if e.RequestContext.AccountID == "" {
		e.RequestContext.AccountID = "unknown"
	}
	return json.Marshal(e)
}

// mendALB turns an ALB's event into one that algnhsa takes. algnhsa refuses those of
// a target group without multi-value headers, which is how they are made by default.
// It fails the invocation if a query value is not well escaped, which net/http
// leaves to the handler, and escapes the names again, which ALB leaves escaped as it
// does the values.
func (x *exchange) mendALB(payload []byte) ([]byte, error) {
	var e events.ALBTargetGroupRequest
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, err
	}
	values := e.MultiValueQueryStringParameters
	if len(values) == 0 {
		values = lists(e.QueryStringParameters)
	}
	var query []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[name] {
			query = append(query, name+"="+value)
		}
	}
	x.query = strings.Join(query, "&")
	e.QueryStringParameters, e.MultiValueQueryStringParameters = nil, nil
	if len(e.MultiValueHeaders) == 0 {
		x.w.oneValue = true
		e.MultiValueHeaders = lists(e.Headers)
	}
	return json.Marshal(e)
}

// lists makes a list of each value.
func lists(single map[string]string) map[string][]string {
	out := make(map[string][]string, len(single))
	for name, value := range single {
		out[name] = []string{value}
	}
	return out
}
