package lambda_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"switchyard/router/internal/lambda"
)

// TestPathOfHTTPAPI has the paths that an HTTP API was seen to pass on: decoded, some
// of them twice, where a function URL leaves them as they are.
func TestPathOfHTTPAPI(t *testing.T) {
	t.Parallel()
	host := lambda.New(lambda.Config{HTTP: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s", r.URL.Path, r.RequestURI)
	})})
	const api, url = "abc.execute-api.eu-central-1.amazonaws.com", "abc.lambda-url.eu-central-1.on.aws"
	tests := []struct{ domain, rawPath, path, want string }{
		{api, "/space value", "/space value", "/space value /space%20value"},
		{api, "/hash#value", "/hash#value", "/hash#value /hash%23value"},
		{api, "/literal%value", "/literal%value", "/literal%value /literal%25value"},
		{api, "/literal?value", "/literal?value", "/literal?value /literal%3Fvalue"},
		{api, "/λ", "/λ", "/λ /%CE%BB"},
		{"shop.example", "/100%", "/100%", "/100% /100%25"},
		{url, "/space%20value", "/space value", "/space value /space%20value"},
		{url, "/slash%2Fvalue", "/slash/value", "/slash/value /slash%2Fvalue"},
	}
	for _, tt := range tests {
		event := map[string]any{
			"version": "2.0", "rawPath": tt.rawPath, "headers": map[string]string{"host": "shop.example"},
			"requestContext": map[string]any{"domainName": tt.domain, "stage": "$default", "http": map[string]any{"method": "GET", "path": tt.path, "sourceIp": "127.0.0.1"}},
		}
		payload, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := host.Invoke(t.Context(), payload)
		if err != nil {
			t.Fatalf("%s: %v", tt.rawPath, err)
		}
		var got struct{ Body string }
		if err := json.Unmarshal(reply, &got); err != nil || got.Body != tt.want {
			t.Errorf("%s at %s: %q, %v; want %q", tt.rawPath, tt.domain, got.Body, err, tt.want)
		}
	}
}
