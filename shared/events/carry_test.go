package events_test

import (
	"encoding/json"
	"strings"
	"testing"

	"switchyard/internal/exact"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
)

// reading is an event with a number that is no double.
type reading struct {
	ID   uint64 `json:"id"`
	Text string `json:"text"`
}

func (reading) EventName() string { return "test/reading" }

// What is as large as it may be, and carried beside its exact form, is not too large for
// Inngest.
func TestCarriedIsNotTooLarge(t *testing.T) {
	t.Parallel()
	const inngestTakes = 3 << 20
	s, d := serve(t), dbtest.New(t)
	b := open(t, d, s.URL)
	run(t, b)
	for i, part := range []string{"<", `"`, `\`} {
		want := reading{1<<64 - 1, strings.Repeat(part, (events.MaxSize-100)/len(quoted(t, part)))}
		publish(t, d, b, want)
		got := s.until(t, i+1)[i]
		if len(got.Data) > inngestTakes {
			t.Errorf("%s is sent as %d bytes", part, len(got.Data))
		}
		var back reading
		if err := json.Unmarshal(exact.Restore(got.Data), &back); err != nil || back != want {
			t.Errorf("%s: %v, id %d", part, err, back.ID)
		}
	}
}

// quoted returns text as it stands in JSON.
func quoted(t *testing.T, text string) string {
	t.Helper()
	q, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(q[1 : len(q)-1])
}
