package gauge_test

import (
	"context"
	"errors"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/internal/gauge"
)

// TestGauges scrapes twice at once: it is measured once, whether that succeeds or fails.
func TestGauges(t *testing.T) {
	t.Parallel()
	desc := prometheus.NewDesc("test_depth", "Depth.", nil, nil)
	for name, tt := range map[string]struct {
		err  error
		want int // families
	}{"it is measured": {want: 1}, "it cannot be measured": {err: errors.New("no"), want: 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			measured := 0
			registry := prometheus.NewPedanticRegistry()
			registry.MustRegister(gauge.New(func(ctx context.Context) ([]prometheus.Metric, error) {
				if _, limited := ctx.Deadline(); !limited {
					t.Error("it has no end")
				}
				measured++
				return []prometheus.Metric{prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, 1)}, tt.err
			}, desc))
			for range 2 {
				if families, err := registry.Gather(); err != nil || len(families) != tt.want {
					t.Errorf("got %d families, %v; want %d", len(families), err, tt.want)
				}
			}
			if measured != 1 {
				t.Errorf("it was measured %d times, want once", measured)
			}
		})
	}
}
