package events_test

import (
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
)

// scrape returns what a scrape of the bus shows, by name and labels.
func scrape(t *testing.T, b *events.Bus) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(b.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := strings.TrimPrefix(f.GetName(), "switchyard_outbox_")
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			values[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return values
}

func TestGauges(t *testing.T) {
	t.Parallel()
	for name, many := range map[string]int{"exact": 100, "estimated": 30_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t)
			_, err := d.Exec(t.Context(), `INSERT INTO outbox (id, name, data, state, next_at)
				SELECT gen_random_uuid(), 'test/note', '{}', state, next_at FROM generate_series(1, $1) AS i, LATERAL (
					SELECT (ARRAY['waiting', 'sent', 'sent', 'dead'])[i % 4 + 1] AS state) AS s, LATERAL (
					SELECT CASE WHEN state = 'dead' THEN 'infinity' ELSE now() + interval '1 day' END AS next_at) AS n`, many)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Exec(t.Context(), `UPDATE outbox SET next_at = now() - interval '1 hour'
				WHERE id = (SELECT id FROM outbox WHERE state = 'sent' LIMIT 1)`); err != nil {
				t.Fatal(err)
			}
			got := scrape(t, open(t, d, "http://127.0.0.1:1"))
			if lag := got["lag_seconds"]; lag < 3600 || lag > 7200 {
				t.Errorf("the lag is %g, want an hour", lag)
			}
			delete(got, "lag_seconds")
			want := map[string]float64{
				"events waiting": float64(many) / 4, "events sent": float64(many) / 2, "events dead": float64(many) / 4,
				"sent_total": 0, "resent_total": 0, "send_failures_total": 0, "dead_total refused": 0, "dead_total not_begun": 0,
				"send_duration_seconds": 0,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestEmptyOutboxHasNoLag(t *testing.T) {
	t.Parallel()
	got := scrape(t, open(t, dbtest.New(t), "http://127.0.0.1:1"))
	if lag, ok := got["lag_seconds"]; !ok || lag != 0 {
		t.Errorf("the lag is %g (%t), want 0", lag, ok)
	}
	if n, ok := got["events dead"]; !ok || n != 0 {
		t.Errorf("%g dead events (%t), want 0", n, ok)
	}
}

// Without a database a scrape shows the counters, and comes to an end.
func TestScrapeWithoutADatabase(t *testing.T) {
	t.Parallel()
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = deaf.Close() })
	d, err := db.Open(t.Context(), config.Database{URL: config.Secret("postgres://a:b@" + deaf.Addr().String() + "/c?sslmode=disable")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	got := scrape(t, open(t, d, "http://127.0.0.1:1"))
	if _, ok := got["sent_total"]; !ok || len(got) != 6 {
		t.Errorf("got %v, want the counters and no gauge", got)
	}
}
