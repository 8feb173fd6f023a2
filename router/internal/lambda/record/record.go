// Package record turns the records of AWS's event sources into events.
package record

import (
	"context"
	"encoding/json"
	"time"
)

// Record is one record of an event source.
type Record struct {
	Source, ID string // together they are its identity
	Name       string
	Key        string
	Data       json.RawMessage
	Time       time.Time
}

// Publisher publishes records, all or none.
type Publisher func(ctx context.Context, records []Record) error
