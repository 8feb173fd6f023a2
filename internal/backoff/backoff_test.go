package backoff_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/internal/backoff"
)

func TestAfter(t *testing.T) {
	t.Parallel()
	usual := backoff.Policy{First: 250 * time.Millisecond, Longest: 30 * time.Second}
	for name, tt := range map[string]struct {
		policy   backoff.Policy
		failures int
		full     time.Duration // half of it is the least
	}{
		"none":                 {usual, 0, 250 * time.Millisecond},
		"the first":            {usual, 1, 250 * time.Millisecond},
		"the second":           {usual, 2, 500 * time.Millisecond},
		"the seventh":          {usual, 7, 16 * time.Second},
		"the eighth":           {usual, 8, 30 * time.Second},
		"a million":            {usual, 1_000_000, 30 * time.Second},
		"the longest is less":  {backoff.Policy{First: time.Minute, Longest: time.Second}, 3, time.Second},
		"the longest is large": {backoff.Policy{First: time.Second, Longest: 1 << 62}, 1_000, 1 << 62},
		"a nanosecond":         {backoff.Policy{First: 1, Longest: 1}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 100 {
				if got := tt.policy.After(tt.failures); got < tt.full/2 || got > tt.full {
					t.Fatalf("got %s, want %s to %s", got, tt.full/2, tt.full)
				}
			}
		})
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		if !backoff.Sleep(t.Context(), time.Hour) || time.Since(begun) != time.Hour {
			t.Errorf("it slept %s", time.Since(begun))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if begun = time.Now(); backoff.Sleep(ctx, time.Hour) || time.Since(begun) != time.Minute {
			t.Errorf("it slept %s, though its context had ended", time.Since(begun))
		}
	})
}
