package rig

import (
	"context"
	"strings"

	"github.com/chromedp/chromedp"
)

// Do takes the steps in turn. A page that follows what happens elsewhere may replace what a step
// has found before the step could click it: then nothing was clicked, and the step is taken again.
func Do(ctx context.Context, steps ...chromedp.Action[chromedp.Void]) error {
	for _, step := range steps {
		err := chromedp.Do(ctx, step)
		for err != nil && strings.Contains(err.Error(), "Could not find node with given id") && ctx.Err() == nil {
			err = chromedp.Do(ctx, step)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
