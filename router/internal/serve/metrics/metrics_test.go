package metrics_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/router/internal/serve/metrics"
)

// counting is something that counts.
type counting struct{ collectors []prometheus.Collector }

func (c counting) Collectors() []prometheus.Collector { return c.collectors }

// silent is a collector that has nothing to tell but why.
type silent struct{ desc *prometheus.Desc }

func (s silent) Describe(to chan<- *prometheus.Desc) { to <- s.desc }
func (s silent) Collect(to chan<- prometheus.Metric) {
	to <- prometheus.NewInvalidMetric(s.desc, errors.New("the database is down"))
}

func gauge(name string) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: "A test."}, func() float64 { return 7 })
}

func TestMetricsOfOthers(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	m, err := metrics.New(slog.New(slog.NewTextHandler(&log, nil)), "shop", "v1",
		counting{[]prometheus.Collector{gauge("switchyard_test_waiting"), silent{prometheus.NewDesc("switchyard_test_silent", "A test.", nil, nil)}}},
		struct{}{}, nil,
		counting{[]prometheus.Collector{gauge("switchyard_jobs_test")}})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	for _, line := range []string{"switchyard_test_waiting{project=\"shop\"} 7\n", "switchyard_jobs_test{project=\"shop\"} 7\n"} {
		if !strings.Contains(w.Body.String(), line) {
			t.Errorf("there is no %q in\n%s", line, w.Body)
		}
	}
	if !strings.Contains(log.String(), "the database is down") {
		t.Error("the log does not say what is missing")
	}
}

func TestMetricsTwiceByOneName(t *testing.T) {
	t.Parallel()
	_, err := metrics.New(slog.New(slog.DiscardHandler), "shop", "v1", counting{[]prometheus.Collector{gauge("switchyard_same"), gauge("switchyard_same")}})
	if err == nil || !strings.Contains(err.Error(), "switchyard_same") {
		t.Errorf("got %v", err)
	}
}
