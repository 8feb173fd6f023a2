// Package batches divides long work of a job into short transactions, each in a step of its run.
package batches

import (
	"context"
	"fmt"

	"github.com/inngest/inngestgo/step"
)

// Run calls do until do finds fewer things than size, and at most times times. Each call is a step,
// named name-1, name-2 and so on. do returns how many things it found, up to size, and has to be
// idempotent.
func Run(ctx context.Context, name string, size, times int, do func(context.Context) (int, error)) error {
	for i := range times {
		n, err := step.Run(ctx, fmt.Sprintf("%s-%d", name, i+1), do)
		if err != nil || n < size {
			return err
		}
	}
	return nil
}
