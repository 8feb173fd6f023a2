package live_test

import (
	"testing"

	"switchyard/shared/db/dbtest"
	"switchyard/shared/live"
)

// A client that comes back, and a member who stays, where nothing is prepared.
func TestUnprepared(t *testing.T) {
	t.Parallel()
	for mode, d := range dbtest.Unprepared(t) {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			r := newReplica(t, d)
			if _, err := r.Join(t.Context(), "user:a", "ada"); err != nil {
				t.Fatal(err)
			}
			if err := live.SayAgain(r.Hub, t.Context()); err != nil {
				t.Error(err)
			}
			c := r.open(t, "", "user:a")
			publish(t, d, "user:a", "seen")
			c.wait(t, 1)
			_ = c.resp.Body.Close()
			publish(t, d, "user:a", "missed")
			if got := r.open(t, c.last, "user:a").wait(t, 1); string(got[0].Data) != `"missed"` {
				t.Errorf("got %+v", got)
			}
			if err := r.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
