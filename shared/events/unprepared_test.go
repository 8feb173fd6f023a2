package events_test

import (
	"testing"
	"time"

	"switchyard/shared/db/dbtest"
)

// A relay works where nothing is prepared, too.
func TestUnprepared(t *testing.T) {
	t.Parallel()
	for mode, d := range dbtest.Unprepared(t) {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			b := open(t, d, s.URL)
			listen(t, d, "app-a")
			publish(t, d, b, note{"one"}, move{"x", 1})
			flush(t, b)
			for _, e := range s.until(t, 2) {
				end(t, d, begin(t, d, "app-a", e.ID, time.Hour))
			}
		})
	}
}
