// Package accept hands records of AWS's event sources to the outbox. It stands apart
// from package record because the outbox drags the database along.
package accept

import (
	"context"

	"switchyard/router/internal/lambda/record"
	"switchyard/shared/events"
)

// Into returns a publisher of records into bus.
func Into(bus *events.Bus) record.Publisher {
	return func(ctx context.Context, records []record.Record) error {
		all := make([]events.Foreign, len(records))
		for i, r := range records {
			all[i] = events.Foreign{Source: r.Source, ID: r.ID, Name: r.Name, Key: r.Key, Data: r.Data, Time: r.Time}
		}
		_, err := bus.Accept(ctx, all)
		return err
	}
}
