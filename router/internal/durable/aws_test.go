package durable_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"switchyard/router/internal/lambda/lambdatest"
	"switchyard/shared/ijson"
)

// The types of aws-lambda-go name their fields letter for letter as AWS does, so that
// they can be the Input of a job.
func TestAWSTypesAreNamedLetterForLetter(t *testing.T) {
	t.Parallel()
	samples := lambdatest.Samples(t)
	for file, fresh := range map[string]func() any{
		"sqs-event.json":                           func() any { return new(events.SQSEvent) },
		"sns-event.json":                           func() any { return new(events.SNSEvent) },
		"s3-event.json":                            func() any { return new(events.S3Event) },
		"s3-event-with-decoded.json":               func() any { return new(events.S3Event) },
		"kinesis-event.json":                       func() any { return new(events.KinesisEvent) },
		"dynamodb-event.json":                      func() any { return new(events.DynamoDBEvent) },
		"autoscaling-event-launch-successful.json": func() any { return new(events.CloudWatchEvent) },
	} {
		text, ok := samples[file]
		if !ok {
			t.Errorf("no sample %s", file)
			continue
		}
		want, got := fresh(), fresh()
		if err := json.Unmarshal(text, want); err != nil {
			t.Fatal(err)
		}
		if err := ijson.Unmarshal(text, got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\n%+v\nwant\n%+v", file, err, got, want)
		}
	}
}
