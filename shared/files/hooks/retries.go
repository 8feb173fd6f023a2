package hooks

import (
	"errors"
	"strings"
	"time"
)

// Retries is how often a delivery is tried. It is a section of the environment, see package config.
type Retries struct {
	// Waits are those of Standard Webhooks by default: three days in all.
	Waits Waits `env:"WEBHOOK_RETRIES" default:"5s,5m,30m,2h,5h,10h,14h,20h,24h" use:"how long to wait before each further attempt to send a webhook"`
}

// maxWaits bounds how many waits there are.
const maxWaits = 15

// Waits are durations from a second to a week: "5s,5m".
type Waits []time.Duration

// UnmarshalText parses up to 15 durations with commas between them.
func (w *Waits) UnmarshalText(text []byte) error {
	*w = nil
	for entry := range strings.SplitSeq(string(text), ",") {
		d, err := time.ParseDuration(strings.TrimSpace(entry))
		if err != nil || d < time.Second || d > 7*24*time.Hour || len(*w) == maxWaits {
			*w = nil
			return errors.New("want up to 15 durations from 1s to 168h, such as 5s,5m,2h")
		}
		*w = append(*w, d)
	}
	return nil
}
