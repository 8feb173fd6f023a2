package record

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

// item is a record of a batch.
type item struct {
	Record
	id string // by which the answer names it; records that came as one share it
}

func records(items []item) []Record {
	all := make([]Record, len(items))
	for i, item := range items {
		all[i] = item.Record
	}
	return all
}

// settle publishes the items and returns those that it could not. It fails if it
// could publish none for a reason that may pass: Lambda then takes the invocation for
// the failure that it is, counts it, and slows down.
func settle(ctx context.Context, items []item, publish Publisher) (failed []item, err error) {
	failed, err = part(ctx, items, publish)
	if err != nil && len(failed) == len(items) {
		return nil, err
	}
	if err != nil {
		fn.Report(ctx, fmt.Errorf("publish %d of %d records, which are to come again: %w", len(failed), len(items), err))
	}
	return failed, nil
}

// part publishes the items and returns those that it could not. As long as the
// publisher finds something wrong with a record it tries the two halves, which takes
// as few attempts as the wrong ones are few. An error is one that may pass, after which
// nothing is tried any more, so that nothing overtakes what comes again.
//
// A record with something wrong with it will never be an event, and cannot be overtaken:
// those after it are published, though a stream or a FIFO queue sends them again. So when
// AWS gives it up, and with it those after it, nothing is lost but the one.
func part(ctx context.Context, items []item, publish Publisher) (failed []item, err error) {
	if len(items) == 0 {
		return nil, nil
	}
	err = publish(ctx, records(items))
	switch {
	case err == nil:
		return nil, nil
	case !fault.Is(err, fault.Invalid):
		return items, err
	case len(items) == 1:
		fn.Report(ctx, fmt.Errorf("publish the record %s of %s: %w", items[0].ID, items[0].Source, err))
		return items, nil
	}
	half := len(items) / 2
	failed, err = part(ctx, items[:half], publish)
	if err != nil {
		return slices.Concat(failed, items[half:]), err
	}
	more, err := part(ctx, items[half:], publish)
	return slices.Concat(failed, more), err
}

// failure names a record that was not published.
type failure struct {
	ItemIdentifier string `json:"itemIdentifier"`
}

// answer returns what Lambda is told of a batch.
func (e envelope) answer(failed []item) ([]byte, error) {
	answer := struct {
		State    json.RawMessage `json:"state,omitempty"`
		Failures []failure       `json:"batchItemFailures"` // never null, which sources take differently
	}{e.State, []failure{}}
	for _, item := range failed {
		answer.Failures = append(answer.Failures, failure{item.id})
	}
	answer.Failures = slices.Compact(answer.Failures)
	return json.Marshal(answer)
}
