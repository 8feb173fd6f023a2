package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events"
)

// TestEventsOfAStuckInngest lists events while Inngest is stuck.
func TestEventsOfAStuckInngest(t *testing.T) {
	t.Parallel()
	env, _, _, _ := outbox(t)
	d, err := db.Open(t.Context(), config.Database{URL: config.Secret(strings.TrimPrefix(env[0], "DATABASE_URL="))})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	since := time.Now().Add(-3 * time.Hour)
	state, err := json.Marshal(map[string]any{"state": "stuck", "since": since, "reason": "it begins no run"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Exec(t.Context(), `INSERT INTO relay (state) VALUES ($1) ON CONFLICT (one) DO UPDATE SET state = excluded.state`, state); err != nil {
		t.Fatal(err)
	}
	out, _, _ := verb(t, env, "events", "ls", "--name", "order/lost")
	want := "Inngest is stuck since " + since.UTC().Format("15:04:05Z") + " (3h0m): it begins no run; 1 in flight, 1 waiting.\nID "
	if !strings.HasPrefix(out, want) {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
	out, _, _ = verb(t, env, "events", "ls", "--json")
	var all listed
	if err := json.Unmarshal([]byte(out), &all); err != nil || all.Inngest.State != events.Stuck || all.Inngest.Reason == "" || len(all.Events) != 3 {
		t.Errorf("%v in %s", err, out)
	}
}

func TestGrouped(t *testing.T) {
	t.Parallel()
	for n, want := range map[float64]string{0: "0", 999: "999", 4211: "4,211", 1_000_000: "1,000,000"} {
		if got := grouped(n); got != want {
			t.Errorf("%g: got %s, want %s", n, got, want)
		}
	}
}
