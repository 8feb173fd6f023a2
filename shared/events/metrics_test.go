package events_test

import (
	"maps"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
			name := strings.TrimPrefix(f.GetName(), "switchyard_")
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			values[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return values
}

// TestGauges has as many events in each state, one of which is 1, 2 and so on hours old.
func TestGauges(t *testing.T) {
	t.Parallel()
	for name, many := range map[string]int{"exact": 100, "estimated": 60_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t)
			execute(t, d, `INSERT INTO outbox (id, name, data, state, next_at, sent_at)
				SELECT gen_random_uuid(), 'test/' || state, '{}', state, now() + interval '1 day', now() FROM generate_series(1, $1),
					unnest(ARRAY['held', 'waiting', 'sent', 'begun', 'dead']) AS state`, many/5)
			execute(t, d, `UPDATE outbox SET created_at = h.at, next_at = h.at, sent_at = h.at
				FROM (SELECT min(seq) AS seq, now() - interval '1 hour' * rank() OVER (ORDER BY state) AS at FROM outbox GROUP BY state) AS h
				WHERE outbox.seq = h.seq`)
			each := float64(many) / 5
			want := map[string]float64{
				"outbox_events held": each, "outbox_events waiting": each, "outbox_events sent": each, "outbox_events begun": each,
				"outbox_events dead": each, "inngest_stuck": 0,
				"outbox_oldest_seconds test/held": 3 * 3600, "outbox_oldest_seconds test/sent": 4 * 3600, "outbox_oldest_seconds test/waiting": 5 * 3600,
			}
			got := gaugesOf(t, d)
			if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 600)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// gaugesOf returns what a scrape of a bus on d shows, but for what the bus has done.
func gaugesOf(t *testing.T, d *db.DB) map[string]float64 {
	t.Helper()
	var got map[string]float64
	for measured := false; !measured; _, measured = got["inngest_stuck"] { // within the time that a scrape has
		got = scrape(t, open(t, d, "http://127.0.0.1:1"))
	}
	maps.DeleteFunc(got, func(name string, _ float64) bool {
		return strings.Contains(name, "send") || strings.Contains(name, "_total")
	})
	return got
}

func execute(t *testing.T, d *db.DB, statement string, args ...any) {
	t.Helper()
	if _, err := d.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// TestNothingIsOld has events that are not due, or have begun, and one that is: the last
// try to send it has failed.
func TestNothingIsOld(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	execute(t, d, `INSERT INTO outbox (id, name, data, state, created_at, next_at) VALUES
		(gen_random_uuid(), 'test/behind', '{}', 'waiting', now() - interval '1 week', 'infinity'),
		(gen_random_uuid(), 'test/held', '{}', 'held', now() - interval '1 week', now() + interval '1 hour'),
		(gen_random_uuid(), 'test/begun', '{}', 'begun', now() - interval '1 week', now()),
		(gen_random_uuid(), 'test/dead', '{}', 'dead', now() - interval '1 week', 'infinity'),
		(gen_random_uuid(), 'test/failed', '{}', 'waiting', now() - interval '1 week', now() + interval '30 minutes')`)
	for name := range gaugesOf(t, d) {
		if event, oldest := strings.CutPrefix(name, "outbox_oldest_seconds "); oldest && event != "test/failed" {
			t.Errorf("%s is old", event)
		}
	}
}

// TestOldestNames has more names than are shown.
func TestOldestNames(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	execute(t, d, `INSERT INTO outbox (id, name, data, state, created_at, sent_at)
		SELECT gen_random_uuid(), 'test/' || i, '{}', (ARRAY['waiting', 'sent'])[i % 2 + 1], now() - i * interval '1 minute', now() FROM generate_series(1, 150) AS i`)
	got := gaugesOf(t, d)
	shown := 0
	for name := range got {
		if strings.HasPrefix(name, "outbox_oldest_seconds ") {
			shown++
		}
	}
	if shown != 100 || got["outbox_oldest_seconds test/150"] < 150*60 || got["outbox_oldest_seconds test/51"] < 51*60 {
		t.Errorf("%d names: %v", shown, got)
	}
}

// TestEngineGauges shows what the relays have written down.
func TestEngineGauges(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	execute(t, d, `INSERT INTO relay (state) VALUES ($1)`,
		`{"state": "stuck", "since": "2026-11-29T02:11:00Z", "windows": {"test/a": {"size": 64, "inFlight": 16}, "test/b": {"size": 16}}}`)
	got := gaugesOf(t, d)
	maps.DeleteFunc(got, func(name string, _ float64) bool { return strings.HasPrefix(name, "outbox_events ") })
	want := map[string]float64{
		"inngest_stuck": 1, "outbox_window test/a": 64, "outbox_in_flight test/a": 16, "outbox_window test/b": 16, "outbox_in_flight test/b": 0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
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
	if _, ok := got["outbox_sent_total"]; !ok || len(got) != 6 {
		t.Errorf("got %v, want the counters and no gauge", got)
	}
}
