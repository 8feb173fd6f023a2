// Package endlost ends what nobody else would end: the processing of files, and deliveries to
// webhooks, whose runs were lost.
package endlost

import (
	"context"
	"time"

	"switchyard/shared/events"
	"switchyard/shared/files"
	"switchyard/shared/files/batches"
	"switchyard/shared/files/hooks"
	"switchyard/shared/fn"
)

var Spec = fn.Schedule{
	Cron:    "47 * * * *",
	Summary: "End the processing of files, and deliveries to webhooks, whose runs were lost",
	Timeout: time.Minute,
}

// Bounds of a run; what is left over is ended by the next. No run takes as long as age, whatever
// else there is to do.
const (
	age   = 24 * time.Hour
	batch = 100 // in one step
	times = 50  // for each sort
)

// Function ends them.
type Function struct {
	Files  *files.Store
	Hooks  *hooks.Store
	Events *events.Bus
}

// Handle ends them batch by batch. A run that was not lost finds its file, or its delivery, ended,
// and does nothing.
func (f Function) Handle(ctx context.Context) error {
	if err := batches.Run(ctx, "files", batch, times, f.endFiles); err != nil {
		return err
	}
	return batches.Run(ctx, "deliveries", batch, times, f.endDeliveries)
}

// endFiles ends the processing of one batch of files, and returns how many that were.
func (f Function) endFiles(ctx context.Context) (int, error) {
	return f.Files.FailLost(ctx, f.Events, time.Now().Add(-age), batch)
}

// endDeliveries ends one batch of deliveries, and returns how many that were.
func (f Function) endDeliveries(ctx context.Context) (int, error) {
	return f.Hooks.GiveUpLost(ctx, time.Now().Add(-age), batch)
}
