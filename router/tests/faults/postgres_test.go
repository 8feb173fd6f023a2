package faults_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestPostgresRestarted restarts the app's database under load.
// Requests fail while it is away; whatever has committed has its effect.
func TestPostgresRestarted(t *testing.T) {
	t.Parallel()
	r := start(t, kind{})
	l := r.startLoad(0)
	for range 2 {
		time.Sleep(size.load)
		_ = r.postgres.Stop() // if it had to be killed it is as gone
		time.Sleep(size.load)
		r.startPostgres()
		began := time.Now()
		until(t, "a request succeeds again", func() bool {
			status, _, err := r.place(http.DefaultClient, order{ID: uuid.New(), Job: "placed"})
			return err == nil && status < http.StatusMultipleChoices
		})
		r.report("first request served %s after PostgreSQL was back", since(began))
		r.recovered("PostgreSQL came back")
	}
	l.end()
	r.settled()
}
