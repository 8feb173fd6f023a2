// Package accept publishes records of AWS's event sources. It stands apart from package record
// because it needs the outbox, and the outbox links the database.
package accept

import (
	"context"

	"switchyard/router/internal/lambda/record"
	"switchyard/shared/events"
)

// Into returns a publisher that publishes records by bus.
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
