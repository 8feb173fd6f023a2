package fn_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/fn"
)

func TestSources(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		source                 fn.Source
		service, event, filter string
	}{
		{fn.SQS{Queue: "orders"}, "SQS", "aws.sqs/orders", ""},
		{fn.SQS{Queue: "orders", BatchSize: 10000, Window: time.Second}, "SQS", "aws.sqs/orders", ""},
		{fn.SQS{Queue: "orders.fifo", BatchSize: 10}, "SQS", "aws.sqs/orders.fifo", ""},
		{fn.SNS{Topic: "news"}, "SNS", "aws.sns/news", ""},
		{fn.S3{Bucket: "my.bucket"}, "S3", "aws.s3/my.bucket", `event.data.eventName.startsWith("ObjectCreated:")`},
		{
			fn.S3{Bucket: "b", Events: []string{"ObjectCreated:Put", "ObjectRemoved:*"}, Prefix: "in/", Suffix: ".jpg"},
			"S3", "aws.s3/b",
			`(event.data.eventName == "ObjectCreated:Put" || event.data.eventName.startsWith("ObjectRemoved:"))` +
				` && event.data.s3.object.key.startsWith("in/") && event.data.s3.object.key.endsWith(".jpg")`,
		},
		{fn.EventBridge{Source: "shop", DetailType: "Order Placed"}, "EventBridge", "aws.events/shop/Order Placed", ""},
		{
			fn.EventBridge{Source: "shop", DetailType: "x", Detail: map[string][]string{"b": {`"`, "2"}, "a.c-d": {"1"}}},
			"EventBridge", "aws.events/shop/x",
			`event.data.detail.a["c-d"] == "1" && (event.data.detail.b == "\"" || event.data.detail.b == "2")`,
		},
		{
			fn.EventBridge{Source: "shop", DetailType: "x", Detail: map[string][]string{"null.in.include": {"1"}}},
			"EventBridge", "aws.events/shop/x", `event.data.detail["null"]["in"].include == "1"`,
		},
		{fn.Timer{Rule: "nightly", Expression: "cron(0 6 * * ? *)"}, "EventBridge", "aws.schedule/nightly", ""},
		{
			fn.Kinesis{Stream: "clicks", Attempts: 10_000, MaxAge: 7 * 24 * time.Hour, Parallel: 10, Whole: true, Failures: "s3:my.failures"},
			"Kinesis", "aws.kinesis/clicks", "",
		},
		{fn.DynamoDB{Table: "items", Attempts: -1, MaxAge: time.Minute, Failures: "sns:a_b-c"}, "DynamoDB", "aws.dynamodb/items", ""},
		{fn.Kinesis{Stream: "clicks"}, "Kinesis", "aws.kinesis/clicks", ""},
		{fn.DynamoDB{Table: "items"}, "DynamoDB", "aws.dynamodb/items", ""},
	} {
		if err := tt.source.Check(); err != nil {
			t.Errorf("%+v: %v", tt.source, err)
		}
		got := []string{tt.source.Service(), tt.source.Event(), tt.source.Filter()}
		if diff := cmp.Diff([]string{tt.service, tt.event, tt.filter}, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt.source, diff)
		}
	}
}

func TestSourcesCheck(t *testing.T) {
	t.Parallel()
	for want, source := range map[string]fn.Source{
		"name of a Queue":               fn.SQS{Queue: "a/b"},
		"and .fifo at its end":          fn.SQS{Queue: ".fifo"},
		"FIFO queue is 10 at most":      fn.SQS{Queue: "a.fifo", BatchSize: 11, Window: time.Second},
		"has no Window":                 fn.SQS{Queue: "a.fifo", Window: time.Second},
		"a Window of 1 s or more":       fn.SQS{Queue: "a", BatchSize: 11},
		"BatchSize is -1":               fn.Kinesis{Stream: "a", BatchSize: -1},
		"Window is 5m1s":                fn.DynamoDB{Table: "a", Window: 301 * time.Second},
		"Window is 1.5s":                fn.DynamoDB{Table: "a", Window: 1500 * time.Millisecond},
		"Attempts is 10001":             fn.Kinesis{Stream: "a", Attempts: 10_001, Failures: "sqs:b"},
		"Attempts is -2":                fn.DynamoDB{Table: "a", Attempts: -2},
		"MaxAge is 59s":                 fn.Kinesis{Stream: "a", MaxAge: 59 * time.Second, Failures: "sqs:b"},
		"MaxAge is 168h0m1s":            fn.Kinesis{Stream: "a", MaxAge: 7*24*time.Hour + time.Second, Failures: "sqs:b"},
		"MaxAge is 1m0.5s":              fn.DynamoDB{Table: "a", MaxAge: 60500 * time.Millisecond, Failures: "sqs:b"},
		"Parallel is 11":                fn.Kinesis{Stream: "a", Parallel: 11},
		"Parallel is -1":                fn.DynamoDB{Table: "a", Parallel: -1},
		"with Attempts or MaxAge":       fn.Kinesis{Stream: "a", Attempts: 3},
		"is given up would be lost":     fn.DynamoDB{Table: "a", MaxAge: time.Hour},
		`Failures is "b"`:               fn.Kinesis{Stream: "a", Failures: "b"},
		`Failures is "sqs:b.fifo"`:      fn.Kinesis{Stream: "a", Failures: "sqs:b.fifo"},
		`Failures is "sns:"`:            fn.DynamoDB{Table: "a", Failures: "sns:"},
		`Failures is "kafka:b"`:         fn.DynamoDB{Table: "a", Failures: "kafka:b"},
		"name of a Stream":              fn.Kinesis{},
		"name of a Table":               fn.DynamoDB{},
		"name of a Topic":               fn.SNS{Topic: "a.fifo"},
		"name of a Bucket":              fn.S3{},
		"Prefix and Suffix":             fn.S3{Bucket: "a", Suffix: " "},
		`no event "ObjectCreated"`:      fn.S3{Bucket: "a", Events: []string{"ObjectCreated"}},
		`no event "ObjectCreated:P*"`:   fn.S3{Bucket: "a", Events: []string{"ObjectCreated:P*"}},
		"the Source and the DetailType": fn.EventBridge{Source: "a"},
		"name of the Bus":               fn.EventBridge{Source: "a", DetailType: "b", Bus: "c d"},
		`no value for "a"`:              fn.EventBridge{Source: "a", DetailType: "b", Detail: map[string][]string{"a": nil}},
		`the path "a..b"`:               fn.EventBridge{Source: "a", DetailType: "b", Detail: map[string][]string{"a..b": {"x"}}},
		`the path "1"`:                  fn.EventBridge{Source: "a", DetailType: "b", Detail: map[string][]string{"1": {"x"}}},
		"of which one lies":             fn.EventBridge{Source: "a", DetailType: "b", Detail: map[string][]string{"a": {"x"}, "a.b": {"x"}}},
		"name of a Rule":                fn.Timer{Expression: "rate(1 day)"},
		`Expression "rate(day)"`:        fn.Timer{Rule: "a", Expression: "rate(day)"},
		`Expression "cron(0 6 * * ?)"`:  fn.Timer{Rule: "a", Expression: "cron(0 6 * * ?)"},
		`Expression "rate(1 day"`:       fn.Timer{Rule: "a", Expression: "rate(1 day"},
	} {
		if err := source.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", source, err, want)
		}
	}
}

func TestPattern(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(fn.EventBridge{
		Source: "shop", DetailType: "Order Placed", Detail: map[string][]string{"by.kind": {"post"}, "by.name": {"a", "b"}, "n": {"1"}},
	}.Pattern())
	const want = `{"detail":{"by":{"kind":["post"],"name":["a","b"]},"n":["1"]},"detail-type":["Order Placed"],"source":["shop"]}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

// Each event starts runs by one expression, which lets through what one of its sources
// does, as far as the job does.
func TestExpression(t *testing.T) {
	t.Parallel()
	job := fn.Job{
		Events: []string{"file/uploaded"},
		From: []fn.Source{
			fn.SQS{Queue: "a"}, fn.S3{Bucket: "b", Events: []string{"ObjectCreated:Put"}}, fn.S3{Bucket: "b", Events: []string{"ObjectRemoved:Delete"}},
		},
	}
	want := []string{"file/uploaded", "aws.sqs/a", "aws.s3/b"}
	if diff := cmp.Diff(want, job.Info().Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if len(job.Events) != 1 || len(job.Info().Sources) != 3 {
		t.Errorf("got %v and %v", job.Events, job.Info().Sources)
	}
	const filter = `(event.data.eventName == "ObjectCreated:Put" || event.data.eventName == "ObjectRemoved:Delete")`
	for condition, want := range map[string][]string{
		"":     {"", "", filter},
		"a||b": {"a||b", "a||b", "(a||b) && " + filter},
	} {
		job.If = condition
		var got []string
		for _, event := range job.Info().Events {
			got = append(got, job.Expression(event))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("with If %q (-want +got):\n%s", condition, diff)
		}
	}
	open := fn.Job{From: []fn.Source{fn.EventBridge{Source: "a", DetailType: "b"}, fn.EventBridge{Source: "a", DetailType: "b", Detail: map[string][]string{"c": {"d"}}}}}
	if got := open.Expression("aws.events/a/b"); got != "" {
		t.Errorf("a source without a filter lets all through; got %q", got)
	}
}
