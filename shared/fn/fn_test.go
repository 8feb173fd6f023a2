package fn_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/fn"
)

func TestInfo(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		spec fn.Spec
		want fn.Info
	}{
		"an endpoint is closed and bounded unless it says otherwise": {
			fn.Endpoint{Route: "GET /api/x"},
			fn.Info{
				Kind: fn.KindEndpoint, Route: "GET /api/x", Access: fn.SignedIn,
				Timeout: 30 * time.Second, MaxBody: 1 << 20, MaxAnswer: 6 << 20, MaxConcurrent: 256, Memory: 512,
			},
		},
		"a page says otherwise": {
			fn.Page{Route: "/x/", Summary: "X", Access: fn.Public, Timeout: time.Minute, MaxBody: 10, MaxConcurrent: 1, Stream: true},
			fn.Info{
				Kind: fn.KindPage, Route: "/x/", Summary: "X", Access: fn.Public,
				Timeout: time.Minute, MaxBody: 10, MaxConcurrent: 1, Memory: 512, Stream: true,
			},
		},
		"a job": {
			fn.Job{Events: []string{"a/b"}},
			fn.Info{Kind: fn.KindJob, Events: []string{"a/b"}, Timeout: 5 * time.Minute, Memory: 512},
		},
		"a schedule": {
			fn.Schedule{Cron: "0 3 * * *", Timeout: time.Second, Memory: 1024},
			fn.Info{Kind: fn.KindSchedule, Cron: "0 3 * * *", Timeout: time.Second, Memory: 1024},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.spec.Info()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRetriesOf(t *testing.T) {
	t.Parallel()
	for field, want := range map[int]int{0: fn.DefaultRetries, -1: 0, 3: 3} {
		if got := fn.RetriesOf(field); got != want {
			t.Errorf("RetriesOf(%d) = %d, want %d", field, got, want)
		}
	}
}
