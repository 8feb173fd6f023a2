package durable_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events/ledger"
)

// BenchmarkSteps measures what a call costs of a run of three steps: the time, and the
// transactions of the database. Each run has four calls; there is no Inngest.
func BenchmarkSteps(b *testing.B) {
	for _, withLedger := range []bool{false, true} {
		b.Run(fmt.Sprintf("ledger=%t", withLedger), func(b *testing.B) {
			d := dbtest.New(b)
			c := durable.Config{Functions: durabletest.Steps("jobs/task", &durabletest.Tally{}), Logger: slog.New(slog.DiscardHandler)}
			var dev config.Switch
			if err := dev.UnmarshalText([]byte("1")); err != nil {
				b.Fatal(err)
			}
			c.Jobs.Dev = dev
			c.Origin = "http://127.0.0.1:1"
			if withLedger {
				c.Ledger = ledger.New(d)
			}
			host, err := durable.New(c)
			if err != nil {
				b.Fatal(err)
			}
			before := transactions(b, d)
			b.ResetTimer()
			for range b.N {
				serveRun(b, host)
			}
			b.StopTimer()
			b.ReportMetric(float64(transactions(b, d)-before)/float64(4*b.N), "tx/call")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(4*b.N), "µs/call")
		})
	}
}

// serveRun makes the four calls of one run.
func serveRun(b *testing.B, host *durable.Host) {
	b.Helper()
	run, steps, stack := uuid.NewString(), map[string]any{}, []string{}
	event := map[string]any{"id": uuid.NewString(), "name": "test/task", "data": map[string]any{"key": "k"}, "user": map[string]any{"app": "app"}}
	for _, id := range []string{"one", "two", "three", "end"} {
		body, err := json.Marshal(map[string]any{
			"ctx":   map[string]any{"run_id": run, "attempt": 0, "max_attempts": 4, "stack": map[string]any{"stack": stack}},
			"event": event, "events": []any{event}, "steps": steps,
		})
		if err != nil {
			b.Fatal(err)
		}
		req := httptest.NewRequestWithContext(b.Context(), http.MethodPost, targetOf("task", "step"), strings.NewReader(string(body)))
		res := httptest.NewRecorder()
		if host.Handler().ServeHTTP(res, req); res.Code >= http.StatusBadRequest {
			b.Fatal(res.Code, res.Body)
		}
		steps[hashOf(id)] = map[string]any{"data": 1}
		stack = append(stack, hashOf(id))
	}
}

// transactions returns how many the database has had, once it has counted them.
func transactions(b *testing.B, d *db.DB) (n int64) {
	b.Helper()
	time.Sleep(1500 * time.Millisecond) // a connection tells of its own once a second
	for range 8 {
		_, _ = d.Exec(b.Context(), `SELECT 1`)
	}
	time.Sleep(200 * time.Millisecond)
	if err := d.QueryRow(b.Context(), `SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()`).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}
