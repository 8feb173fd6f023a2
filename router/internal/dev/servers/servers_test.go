package servers_test

import (
	"slices"
	"testing"
	"time"

	"switchyard/router/internal/dev/servers"
)

func TestNeeded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ variables, want []string }{
		{[]string{"PORT", "LOG_LEVEL"}, nil},
		{[]string{"DATABASE_URL", "PORT"}, []string{servers.Postgres}},
		{[]string{"BUCKET", "DATABASE_URL", "INNGEST_EVENT_KEY"}, []string{servers.Postgres, servers.S3, servers.Inngest}},
	} {
		if got := servers.Needed(tt.variables); !slices.Equal(got, tt.want) {
			t.Errorf("%v: got %v, want %v", tt.variables, got, tt.want)
		}
	}
}

func TestRestarts(t *testing.T) {
	t.Parallel()
	var l servers.Restarts
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	last := time.Duration(0)
	for i := range 5 {
		pause, again := l.Next(now)
		if !again || pause <= last {
			t.Fatalf("end %d: pause %s, %v; want a longer one than %s", i, pause, again, last)
		}
		last = pause
	}
	if _, again := l.Next(now); again {
		t.Error("started again after too many ends")
	}
	if _, again := l.Next(now.Add(2 * time.Minute)); !again {
		t.Error("not started again long after")
	}
}
