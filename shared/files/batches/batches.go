// Package batches does a long work of a job in short transactions, each a step of its run.
package batches

import (
	"context"
	"fmt"

	"github.com/inngest/inngestgo/step"
)

// Run repeats do until it finds less than a batch of size, and at most so many times. The steps
// are called name-1, name-2 and so on; do returns how many it found, and may be repeated.
func Run(ctx context.Context, name string, size, times int, do func(context.Context) (int, error)) error {
	for i := range times {
		n, err := step.Run(ctx, fmt.Sprintf("%s-%d", name, i+1), do)
		if err != nil || n < size {
			return err
		}
	}
	return nil
}
