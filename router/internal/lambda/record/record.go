// Package record turns records of AWS event sources into events.
package record

import (
	"context"
	"encoding/json"
	"time"
)

// Record is what an event source says happened.
type Record struct {
	Source, ID, Name, Key string
	Data                  json.RawMessage
	Time                  time.Time
}

// Publisher publishes records, all or none.
type Publisher func(ctx context.Context, records []Record) error

// Handle publishes the records of payload. ok is false if payload is no event of a
// known source.
func Handle(context.Context, []byte, Publisher) (response []byte, ok bool, err error) {
	return nil, false, nil
}
