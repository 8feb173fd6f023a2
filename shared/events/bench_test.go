package events_test

import (
	"fmt"
	"testing"

	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
)

// fill adds n events that are due, with ids as of the time they were published at.
func fill(tb testing.TB, d *db.DB, n int) {
	tb.Helper()
	_, err := d.Exec(tb.Context(), `INSERT INTO outbox (id, name, data, created_at, next_at)
		SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(r, 1, 3) || '8' || substr(r, 4, 15))::uuid,
			'test/note', '{"text": "bench"}', at, at
		FROM (SELECT clock_timestamp() AS at, md5(random()::text) AS r FROM generate_series(1, $1)) AS e`, n)
	if err != nil {
		tb.Fatal(err)
	}
}

// An event's cost must not depend on how many wait.
func BenchmarkBatch(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d, s := dbtest.New(b), serve(b)
			batch := open(b, d, s.URL).NewBatches()
			fill(b, d, n)
			sent, left := 0, n
			for b.Loop() {
				if left < n-5000 {
					b.StopTimer()
					fill(b, d, 5000)
					left += 5000
					b.StartTimer()
				}
				done, err := batch(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				sent += done
				left -= done
			}
			b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
