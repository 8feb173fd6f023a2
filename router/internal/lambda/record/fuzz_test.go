package record_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"switchyard/router/internal/lambda/lambdatest"
	"switchyard/router/internal/lambda/record"
	"switchyard/shared/fault"
)

// Whatever comes, every record is published or named as one that was not, or the
// invocation fails.
func FuzzHandle(f *testing.F) {
	for _, payload := range lambdatest.Samples(f) {
		f.Add(payload)
	}
	f.Add([]byte(aggregated(aggregate(nil, "p", "a", "q", "b"))))
	for _, sample := range []string{list(sqs, sqs), list(fifo, fifo), list(sns), list(s3), bridge, rule, list(kinesis, kinesis), list(dynamo)} {
		f.Add([]byte(sample))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		taken, refused := 0, 0
		response, ok, err := record.Handle(t.Context(), payload, func(_ context.Context, all []record.Record) error {
			for _, r := range all {
				if r.Name == "" || r.Source == "" || r.ID == "" || !strings.HasPrefix(r.Name, "aws.kinesis/") && !bytes.Contains(payload, r.Data) || !json.Valid(r.Data) {
					t.Errorf("published %+v", r)
				}
				if len(r.Data)%3 == 0 {
					if len(all) == 1 {
						refused++
					}
					return fault.New(fault.Invalid, "refused")
				}
			}
			taken += len(all)
			return nil
		})
		if !ok || err != nil {
			if response != nil && err == nil || !ok && err != nil {
				t.Errorf("got %q, %t, %v", response, ok, err)
			}
			return
		}
		var answer struct{ BatchItemFailures []any }
		var sent struct{ Records []any }
		if json.Unmarshal(response, &answer) != nil || json.Unmarshal(payload, &sent) != nil {
			t.Fatalf("answered %q", response)
		}
		named := len(answer.BatchItemFailures)
		if string(response) != "null" && (refused+taken < len(sent.Records) || (named > 0) != (refused > 0) || named > refused) {
			t.Errorf("of %d records %d were published and %d refused, and answered %s", len(sent.Records), taken, refused, response)
		}
	})
}
