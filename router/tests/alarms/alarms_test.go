package alarms_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/router/internal/routertest"
)

// TestHealth has all in order for a quarter of an hour: no alarm fires at any time.
func TestHealth(t *testing.T) {
	t.Parallel()
	r := start(t, routertest.StartInngest(t))
	for range 60 {
		r.publish("test/good")
		time.Sleep(pause)
		r.handled() // for a machine on which nothing gets on is not in health
		if firing := r.look(); len(firing) > 0 {
			t.Errorf("after %s: %q", r.now, firing)
		}
	}
	for _, s := range r.watch.series {
		if s.labels.Get("project") == "" {
			t.Errorf("%s has no project, by which the rules tell them apart", s.labels)
		}
	}
}

// TestStuck has an Inngest that takes events and begins nothing: the jobs cannot be
// registered with it.
func TestStuck(t *testing.T) {
	t.Parallel()
	r := start(t, standIn(t, http.StatusUnauthorized, http.StatusOK))
	r.publish("test/good")
	r.exec(`UPDATE outbox SET created_at = created_at - interval '5 minutes'`)
	r.expect(nil, "EngineStuck", "EventsOld test/good")
}

// TestAway has no Inngest.
func TestAway(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.publish("test/good")
	r.expect(nil, "EventsNotSent")
}

// TestDead has an Inngest that refuses an event.
func TestDead(t *testing.T) {
	t.Parallel()
	r := start(t, standIn(t, http.StatusOK, http.StatusBadRequest))
	r.publish("test/good")
	r.expect(nil, "EventsDead")
}

// TestRuns has functions that fail, one that never ends, and one that takes no notice of its
// timeout.
func TestRuns(t *testing.T) {
	t.Parallel()
	r := start(t, routertest.StartInngest(t))
	r.publish("test/endless")
	r.expect(func() {
		r.publish("test/failing", "test/hopeless", "test/stubborn")
		r.exec(`UPDATE event_run SET begun_at = begun_at - interval '2 days' WHERE function LIKE '%-endless' AND begun_at > now() - interval '1 day'`)
	}, "CallsFailing jobs/test/failing", "CallsLost jobs/test/stubborn", "RunsFailing jobs/test/hopeless",
		"RunsFailing jobs/test/stubborn", "RunsOld jobs/test/endless")
}

// TestDatabaseGone has a database that lets nobody in.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	r := start(t, standIn(t, http.StatusOK, http.StatusOK))
	var name string
	if err := r.db.QueryRow(t.Context(), `SELECT current_database()`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	url := routertest.ValueOf(r.Env, "DATABASE_URL")
	admin := routertest.DB(t, []string{"DATABASE_URL=" + strings.Replace(url, "/"+name, "/postgres", 1)})
	if _, err := admin.Exec(t.Context(), `ALTER DATABASE "`+name+`" ALLOW_CONNECTIONS false`); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name); err != nil {
		t.Fatal(err)
	}
	r.expect(nil, "NothingKnown")
}
