// Package watchdog ends a process that cannot recover by itself, so that the platform starts
// it again: one like Railway looks at the health check only while it deploys.
//
// A reason has to be inside the process, and to hold without a gap. It is not one that
// something outside is away or says no, nor that there is much to do: a restart helps with
// neither, and takes away what works.
package watchdog

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"time"
)

// Check looks for one reason to end the process.
type Check struct {
	// Name says what is wrong if it fails: "the pool is stuck".
	Name string
	// Fails returns why the process cannot go on; nil if it can, or if that is not certain.
	Fails func(context.Context) error
	// For is how long it must fail. Time counts by rounds, so that a process that was frozen
	// meanwhile is not taken for one that has failed.
	For time.Duration
}

// Config has what [Run] needs.
type Config struct {
	Checks []Check
	Every  time.Duration // between two rounds. Defaults to 10 s.
	Logger *slog.Logger
	// Stderr gets the stacks of all goroutines. Defaults to os.Stderr.
	Stderr io.Writer
	// Exit ends the process. Defaults to os.Exit.
	Exit func(status int)
}

const (
	defaultEvery = 10 * time.Second
	status       = 1
	// wordsWithin bounds the time for the last words: whoever should read them may be what hangs.
	wordsWithin = 2 * time.Second
	maxStacks   = 256 << 10
)

// Run looks until ctx ends, or ends the process.
func Run(ctx context.Context, c Config) {
	c.Every = cmp.Or(c.Every, defaultEvery)
	failed := make([]int, len(c.Checks)) // rounds in a row
	tick := time.NewTicker(c.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for i, check := range c.Checks {
			err := check.Fails(ctx)
			if err == nil {
				failed[i] = 0
				continue
			}
			failed[i]++
			if since := time.Duration(failed[i]) * c.Every; since >= check.For && ctx.Err() == nil {
				c.end(ctx, check.Name, since, err)
				return
			}
		}
	}
}

// end says why, and ends the process.
func (c Config) end(ctx context.Context, name string, since time.Duration, err error) {
	within(wordsWithin, func() {
		c.Logger.ErrorContext(ctx, "this process cannot recover, and ends itself to be started again",
			slog.String("reason", name), slog.Duration("for", since), slog.Any("error", err))
	})
	within(wordsWithin, func() {
		out := c.Stderr
		if out == nil {
			out = os.Stderr
		}
		stacks := make([]byte, maxStacks)
		fmt.Fprintf(out, "%s: %v\n\n%s\n", name, err, stacks[:runtime.Stack(stacks, true)])
	})
	if c.Exit == nil {
		os.Exit(status)
	}
	c.Exit(status)
}

// within returns when f has, or after d.
func within(d time.Duration, f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(d):
	}
}
