package serve

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestNewID: an id is of version 7 and of its time, and differs from others.
func TestNewID(t *testing.T) {
	t.Parallel()
	now, seen := time.Now(), map[string]bool{}
	for i := range 1000 {
		at := now.Add(time.Duration(i) * time.Microsecond / 2)
		text := newID(at)
		id, err := uuid.Parse(text)
		if err != nil || id.Version() != 7 || id.Variant() != uuid.RFC4122 || id.String() != text {
			t.Fatalf("%s: %v", text, err)
		}
		if sec, ns := id.Time().UnixTime(); time.Unix(sec, ns).UnixMilli() != at.UnixMilli() {
			t.Errorf("%s is of %d, want %d", text, time.Unix(sec, ns).UnixMilli(), at.UnixMilli())
		}
		if last := newID(at.Add(-time.Microsecond)); last > text {
			t.Errorf("%s is of an earlier time, and behind %s", last, text)
		}
		if seen[text] {
			t.Errorf("%s again", text)
		}
		seen[text] = true
	}
}
