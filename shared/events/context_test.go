package events_test

import (
	"testing"

	"github.com/google/uuid"

	"switchyard/shared/events"
)

func TestID(t *testing.T) {
	t.Parallel()
	if got := events.ID(t.Context()); got != uuid.Nil {
		t.Errorf("outside a job: %s", got)
	}
	want := uuid.New()
	if got := events.ID(events.WithID(t.Context(), want)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
