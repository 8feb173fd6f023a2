package lambda_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"switchyard/router/internal/lambda"
	"switchyard/router/internal/lambda/record"
	"switchyard/shared/fault"
)

// Of a batch of which a part is published the answer names the rest, and the log says
// why.
func TestPartOfABatch(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	host := lambda.New(lambda.Config{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Publish: func(_ context.Context, all []record.Record) error {
			for _, r := range all {
				if r.ID == "2" {
					return fault.New(fault.Invalid, "The event is too large.")
				}
			}
			return nil
		},
	})
	message := func(id string) string {
		return `{"messageId":"` + id + `","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:1:orders"}`
	}
	payload := `{"Records":[` + message("1") + "," + message("2") + "," + message("3") + `]}`
	reply, err := host.Invoke(t.Context(), []byte(payload))
	if err != nil || string(reply) != `{"batchItemFailures":[{"itemIdentifier":"2"}]}` {
		t.Errorf("got %s, %v", reply, err)
	}
	const want = `the record 2 of arn:aws:sqs:us-east-1:1:orders: The event is too large.`
	if !strings.Contains(log.String(), want) {
		t.Errorf("no %q in\n%s", want, log.String())
	}
}
