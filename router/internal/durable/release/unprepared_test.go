package release_test

import (
	"testing"

	"switchyard/internal/await"
	"switchyard/router/internal/durable/durabletest"
	"switchyard/shared/db/dbtest"
)

// Jobs are registered where nothing is prepared, too.
func TestUnprepared(t *testing.T) {
	t.Parallel()
	s, c := durabletest.StartDev(t), &durabletest.Tally{}
	for mode, d := range dbtest.Unprepared(t) {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			durabletest.JoinAs(t, s, d, "", nil, durabletest.Product(mode, "", nil), durabletest.Plain("jobs/a", c))
			await.That(t, "the job is registered", func() (yes bool) {
				durabletest.Must(t, d.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM job_release WHERE registered_at IS NOT NULL)`).Scan(&yes))
				return yes
			})
		})
	}
}
