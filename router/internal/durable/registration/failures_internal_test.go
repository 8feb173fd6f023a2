package registration

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestFailures has the same failure every two seconds.
func TestFailures(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	for name, tt := range map[string]struct {
		err  error
		want []slog.Level
	}{
		"no answer":   {refused, []slog.Level{slog.LevelWarn, slog.LevelDebug, slog.LevelDebug, slog.LevelDebug, slog.LevelDebug}},
		"not reached": {fmt.Errorf("register: %w", unreachedError{refused}), []slog.Level{slog.LevelDebug, slog.LevelDebug, slog.LevelDebug, slog.LevelWarn, slog.LevelDebug}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var f Failures
				var got []slog.Level
				for range tt.want {
					got = append(got, f.Add(tt.err))
					time.Sleep(2 * time.Second)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("levels (-want +got):\n%s", diff)
				}
			})
		})
	}
}
