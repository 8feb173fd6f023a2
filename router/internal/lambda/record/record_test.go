package record_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/lambda/record"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

const (
	sqs      = `{"messageId":"m1","body":"x","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:1:orders","attributes":{"SentTimestamp":"1700000000123","MessageGroupId":"g"}}`
	fifo     = `{"messageId":"m2","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:1:orders.fifo","attributes":{"MessageGroupId":"g"}}`
	sns      = `{"EventSource":"aws:sns","EventVersion":"1.0","Sns":{"MessageId":"n1","TopicArn":"arn:aws:sns:us-east-1:1:news","Timestamp":"2024-01-02T03:04:05.678Z","Message":"x"}}`
	s3       = `{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","eventTime":"2024-01-02T03:04:05.678Z","s3":{"bucket":{"name":"b"},"object":{"key":"a+b.jpg","versionId":"v","sequencer":"0A"}}}`
	tiering  = `{"eventSource":"aws:s3","eventName":"LifecycleTransition","eventTime":"2024-01-02T03:04:05.678Z","s3":{"bucket":{"name":"b"},"object":{"key":"a"}}}`
	bridge   = `{"version":"0","id":"e1","detail-type":"Order Placed","source":"shop","account":"1","region":"us-east-1","time":"2024-01-02T03:04:05Z","resources":[],"detail":{"n":1}}`
	rule     = `{"version":"0","id":"e2","detail-type":"Scheduled Event","source":"aws.events","account":"1","region":"us-east-1","time":"2024-01-02T03:04:05Z","resources":["arn:aws:events:us-east-1:1:rule/nightly"],"detail":{}}`
	schedule = `{"version":"0","id":"e3","detail-type":"Scheduled Event","source":"aws.scheduler","account":"1","region":"us-east-1","time":"2024-01-02T03:04:05Z","resources":["arn:aws:scheduler:us-east-1:1:schedule/default/nightly"],"detail":"{}"}`
	kinesis  = `{"eventID":"shardId-0:7","eventSource":"aws:kinesis","eventSourceARN":"arn:aws:kinesis:us-east-1:1:stream/clicks/consumer/c:1","kinesis":{"partitionKey":"p","sequenceNumber":"7","approximateArrivalTimestamp":1700000000.25,"data":"eA=="}}`
	dynamo   = `{"eventID":"d1","eventSource":"aws:dynamodb","eventSourceARN":"arn:aws:dynamodb:us-east-1:1:table/items/stream/2024-01-01T00:00:00.000","dynamodb":{"Keys":{"b":{"N":"2"},"a":{ "S" : "x" }},"SequenceNumber":"9","ApproximateCreationDateTime":1700000000}}`
)

func list(records ...string) string { return `{"Records":[` + strings.Join(records, ",") + `]}` }

// outlet is a publisher that writes down what it is given.
type outlet struct {
	batches [][]string      // the ids of the records of each attempt
	taken   []record.Record // what was published
	bad     map[string]bool // ids of what it refuses
	down    int             // the attempt from which on it is down; 0: never
	told    []string        // what was told of failures
}

func (o *outlet) publish(_ context.Context, all []record.Record) error {
	var ids []string
	var refused error
	for _, r := range all {
		ids = append(ids, r.ID)
		if o.bad[r.ID] {
			refused = fault.New(fault.Invalid, "The event is too large.")
		}
	}
	o.batches = append(o.batches, ids)
	switch {
	case o.down > 0 && len(o.batches) >= o.down:
		return errors.New("the database is down")
	case refused != nil:
		return fmt.Errorf("accept: %w", refused)
	}
	o.taken = append(o.taken, all...)
	return nil
}

func (o *outlet) handle(t *testing.T, payload string) (response string, ok bool, err error) {
	t.Helper()
	ctx := fn.WithReport(t.Context(), func(err error) { o.told = append(o.told, err.Error()) })
	answer, ok, err := record.Handle(ctx, []byte(payload), o.publish)
	return string(answer), ok, err
}

func TestRecords(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 1, 2, 3, 4, 5, 678e6, time.UTC)
	second := at.Truncate(time.Second)
	for name, tt := range map[string]struct {
		payload, raw string
		want         record.Record
	}{
		"sqs": {list(sqs), sqs, record.Record{
			Source: "arn:aws:sqs:us-east-1:1:orders", ID: "m1", Name: "aws.sqs/orders", Time: time.UnixMilli(1700000000123),
		}},
		"sqs fifo": {list(fifo), fifo, record.Record{
			Source: "arn:aws:sqs:us-east-1:1:orders.fifo", ID: "m2", Name: "aws.sqs/orders.fifo", Key: "aws.sqs/orders.fifo/g",
		}},
		"sns": {list(sns), sns, record.Record{Source: "arn:aws:sns:us-east-1:1:news", ID: "n1", Name: "aws.sns/news", Time: at}},
		"s3": {list(s3), s3, record.Record{
			Source: "arn:aws:s3:::b", ID: "ObjectCreated:Put\na+b.jpg\nv\n0A", Name: "aws.s3/b", Time: at,
		}},
		"s3 without a sequencer": {list(tiering), tiering, record.Record{
			Source: "arn:aws:s3:::b", ID: "LifecycleTransition\na\n\n2024-01-02T03:04:05.678Z", Name: "aws.s3/b", Time: at,
		}},
		"eventbridge": {bridge, bridge, record.Record{
			Source: "arn:aws:events:us-east-1:1", ID: "e1", Name: "aws.events/shop/Order Placed", Time: second,
		}},
		"rule": {rule, rule, record.Record{
			Source: "arn:aws:events:us-east-1:1", ID: "e2", Name: "aws.schedule/nightly", Time: second,
		}},
		"scheduler": {schedule, schedule, record.Record{
			Source: "arn:aws:events:us-east-1:1", ID: "e3", Name: "aws.schedule/nightly", Time: second,
		}},
		"kinesis": {list(kinesis), kinesis, record.Record{
			Source: "arn:aws:kinesis:us-east-1:1:stream/clicks", ID: "shardId-0:7", Name: "aws.kinesis/clicks",
			Key: "aws.kinesis/clicks/p", Time: time.Unix(1700000000, 25e7),
		}},
		"dynamodb": {list(dynamo), dynamo, record.Record{
			Source: "arn:aws:dynamodb:us-east-1:1:table/items/stream/2024-01-01T00:00:00.000", ID: "d1", Name: "aws.dynamodb/items",
			Key: `aws.dynamodb/items/a={"S":"x"},b={"N":"2"}`, Time: time.Unix(1700000000, 0),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.want.Data = json.RawMessage(tt.raw)
			var o outlet
			if response, ok, err := o.handle(t, tt.payload); !ok || err != nil || !json.Valid([]byte(response)) {
				t.Fatalf("got %q, %t, %v", response, ok, err)
			}
			if diff := cmp.Diff([]record.Record{tt.want}, o.taken); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
