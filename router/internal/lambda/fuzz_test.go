package lambda_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"testing"
	"time"

	"switchyard/router/internal/lambda"
	"switchyard/router/internal/lambda/record"
)

// FuzzInvoke wants every payload to be answered or refused: no panic, no hang, and
// what is returned is JSON, streamed or not.
func FuzzInvoke(f *testing.F) {
	for _, event := range samples(f) {
		f.Add(event)
	}
	for _, event := range []string{
		`{"version":"2.0","rawPath":"/echo/a%2Fb","rawQueryString":"a=%zz","headers":{"host":"x"},"cookies":["a=1"],"requestContext":{"http":{"method":"GET","sourceIp":"::1"}},"body":"AA==","isBase64Encoded":true}`,
		`{"version":"2.0","rawPath":"/big","requestContext":{"http":{"method":"HEAD"}}}`,
		`{"httpMethod":"POST","path":"/echo/%","multiValueHeaders":{"a":null},"body":"x"}`,
		`{"httpMethod":"GET","path":"/values","headers":{"Host":"a b"},"requestContext":{"elb":{"targetGroupArn":"arn"}},"queryStringParameters":{"a":"%"}}`,
		`{"switchyard":"sweep"}`,
	} {
		f.Add([]byte(event))
	}
	config := lambda.Config{
		HTTP:    handler(),
		Publish: func(context.Context, []record.Record) error { return nil },
		Sweep:   func(context.Context) error { return nil },
		Logger:  slog.New(slog.NewJSONHandler(io.Discard, nil)),
	}
	host := lambda.New(config)
	config.Stream = true
	streamer := lambda.New(config)
	f.Fuzz(func(t *testing.T, payload []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		reply, err := host.Invoke(ctx, payload)
		if err == nil && len(reply) > 0 && !json.Valid(reply) {
			t.Errorf("%q is no JSON", reply)
		}
		r, err := lambda.Stream(streamer, ctx, payload)
		if err == nil {
			_, _ = io.Copy(io.Discard, r)
			closeBody(t, r)
		}
		if ctx.Err() != nil {
			t.Error("it took 10 seconds")
		}
	})
}

// FuzzMembers wants the keys that are found to be those that encoding/json finds.
func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"a":{"b":["\"}"]},"c":-1e5 , "d\u0020":null}`))
	for _, event := range samples(f) {
		f.Add(event)
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		got := map[string]bool{}
		for _, key := range lambda.Members(object) {
			var s string
			if json.Unmarshal([]byte(`"`+key+`"`), &s) == nil {
				got[s] = true
			}
		}
		var want map[string]json.RawMessage
		if json.Unmarshal(object, &want) != nil {
			return // it is enough not to panic
		}
		for key := range want {
			if !got[key] {
				t.Errorf("%q is missing", key)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d keys, want %d", len(got), len(want))
		}
	})
}
