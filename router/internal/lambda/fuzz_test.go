package lambda_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"switchyard/router/internal/lambda"
	"switchyard/router/internal/lambda/lambdatest"
	"switchyard/router/internal/lambda/record"
)

// FuzzInvoke wants every payload to be answered or refused: no panic, no hang, and
// what is returned is JSON, streamed or not.
func FuzzInvoke(f *testing.F) {
	for _, event := range lambdatest.Samples(f) {
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
	}
	host := lambda.New(config)
	config.Stream = true
	streamer := lambda.New(config)
	f.Fuzz(func(t *testing.T, payload []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
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
			t.Error("it took a minute")
		}
	})
}

// FuzzMutated is FuzzInvoke with events that are JSON still, but have something
// unexpected where AWS has never put it.
func FuzzMutated(f *testing.F) {
	events := lambdatest.Samples(f)
	names := slices.Sorted(maps.Keys(events))
	for n := range names {
		f.Add(n, n, `null`)
		f.Add(n, 3*n, `{"a":[-1e99,"\ud800%"]}`)
	}
	f.Add(0, 7, `[]`)
	config := lambda.Config{HTTP: handler(), Publish: func(context.Context, []record.Record) error { return nil }}
	host := lambda.New(config)
	config.Stream = true
	streamer := lambda.New(config)
	f.Fuzz(func(t *testing.T, name, at int, what string) {
		var event, value any
		if json.Unmarshal([]byte(what), &value) != nil {
			value = what
		}
		if err := json.Unmarshal(events[names[abs(name)%len(names)]], &event); err != nil {
			t.Skip("a sample is no JSON")
		}
		at = abs(at) % 64
		payload, err := json.Marshal(replace(event, &at, value))
		if err != nil {
			t.Skip("it cannot be encoded")
		}
		_, _ = host.Invoke(t.Context(), payload)
		if r, err := lambda.Stream(streamer, t.Context(), payload); err == nil {
			_, _ = io.Copy(io.Discard, r)
			closeBody(t, r)
		}
	})
}

func abs(n int) int { return max(n, -(n + 1)) }

// replace returns v with the value at the place that at counts down to replaced.
func replace(v any, at *int, value any) any {
	if *at--; *at < 0 {
		*at = math.MaxInt
		return value
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			v[key] = replace(v[key], at, value)
		}
	case []any:
		for i := range v {
			v[i] = replace(v[i], at, value)
		}
	}
	return v
}

// FuzzMembers wants the keys that are found to be those that encoding/json finds.
func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"a":{"b":["\"}"]},"c":-1e5 , "d\u0020":null}`))
	for _, event := range lambdatest.Samples(f) {
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
