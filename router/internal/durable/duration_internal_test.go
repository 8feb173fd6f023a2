package durable

import (
	"testing"
	"time"
)

// The SDK writes weeks and days, which Go does not read.
func TestParseDuration(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"0s":                  0,
		"1s":                  time.Second,
		"1h0m0s":              time.Hour,
		"1d":                  day,
		"1w":                  7 * day,
		"2w3d4h5m6s7ms8us9ns": 17*day + 4*time.Hour + 5*time.Minute + 6*time.Second + 7*time.Millisecond + 8*time.Microsecond + 9,
		"52w1d":               365 * day,
		"1d1ms":               day + time.Millisecond,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%q: got %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "x", "d", "1.5d", "1d1w", "1y", "99999999999w"} {
		if got := duration(text); got != longest {
			t.Errorf("%q: got %s, want the longest", text, got)
		}
	}
}
