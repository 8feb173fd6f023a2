// Package record makes events of the records that AWS's event sources hand to Lambda:
// SQS, SNS, S3, EventBridge, Kinesis and DynamoDB Streams.
//
// The name of an event says where the record comes from, and its identity is the
// record's own, so that a record that is delivered twice is one event:
//
//	aws.sqs/<queue>                          events.SQSMessage
//	aws.sns/<topic>                          events.SNSEventRecord
//	aws.s3/<bucket>                          events.S3EventRecord
//	aws.events/<source>/<detail-type>        events.EventBridgeEvent
//	aws.schedule/<rule or schedule>          events.EventBridgeEvent
//	aws.kinesis/<stream>                     events.KinesisEventRecord
//	aws.dynamodb/<table>                     events.DynamoDBEventRecord
//
// A record of Kinesis that the Kinesis Producer Library made of several is taken apart:
// each is an event as if it had come alone, whose eventID ends in a slash and its place.
//
// The types are those of github.com/aws/aws-lambda-go/events that the record can be
// read into.
package record

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Record is a record of an event source, as the event that it becomes.
type Record struct {
	Source, ID string          // together they are its identity
	Name       string          // of the event
	Key        string          // records of one key take effect one after another; "" for none
	Data       json.RawMessage // the record as AWS sent it, byte for byte, unless it came in another
	Time       time.Time       // when it happened; zero if that is not known
}

// Publisher publishes the events that the records become, all or none. An error of the kind
// fault.Invalid means that one of the records can never be published. Any other error may pass.
type Publisher func(ctx context.Context, records []Record) error

// Handle publishes the records of payload, and returns what Lambda is to answer. ok is
// false if payload is not what a known source sends.
//
// For SQS, Kinesis and DynamoDB, the answer names the records that were not published, and
// [fn.Report] is told why. A record that can never be published is named alone. If a record
// may be published later, all records after it are named too, so that none overtakes it. If not
// even one was published, for a reason that may pass, the invocation fails with err. For other
// sources it fails whenever publish does.
//
// [fn.Report]: https://pkg.go.dev/switchyard/shared/fn#Report
func Handle(ctx context.Context, payload []byte, publish Publisher) (response []byte, ok bool, err error) {
	var e envelope
	source, raw := e.read(payload)
	if source == nil {
		return nil, false, nil
	}
	var items []item
	for i := range raw {
		some, err := source.items(raw[i])
		if err != nil {
			return nil, true, fmt.Errorf("the record %d of %s: %w", i, source.name, err)
		}
		items = append(items, some...)
	}
	if !source.partial {
		return []byte("null"), true, publish(ctx, records(items))
	}
	failed, err := settle(ctx, items, publish)
	if err != nil {
		return nil, true, err
	}
	response, err = e.answer(failed)
	return response, true, err
}

// envelope surrounds records: a list, or for EventBridge the event itself.
type envelope struct {
	Records    []json.RawMessage `json:"Records"`
	DetailType string            `json:"detail-type"`
	Source     string            `json:"source"`
	Window     json.RawMessage   `json:"window"` // of a stream that is read in windows
	State      json.RawMessage   `json:"state"`  // to be handed back at the next call of a window
	ARN        string            `json:"eventSourceARN"`
}

// read reads payload. It returns where the records come from, nil if that is none that
// is known, and the records.
func (e *envelope) read(payload []byte) (*source, []json.RawMessage) {
	if json.Unmarshal(payload, e) != nil {
		return nil, nil
	}
	if len(e.Records) > 0 {
		var first struct {
			EventSource string `json:"eventSource"` // SNS writes it EventSource
		}
		if json.Unmarshal(e.Records[0], &first) != nil {
			return nil, nil
		}
		return sourceOf(first.EventSource), e.Records
	}
	if e.DetailType != "" && e.Source != "" {
		return sourceOf("aws:events"), []json.RawMessage{payload}
	}
	if e.Window != nil { // it ends, without a record
		return sourceOf(serviceOf(e.ARN)), nil
	}
	return nil, nil
}
