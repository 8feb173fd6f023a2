package events

import (
	"context"
	"log/slog"
	"time"
)

// Handling is how it stands with an event; times are how long ago they were.
type Handling struct {
	Keyed           bool
	Sends           int
	FirstSent, Sent time.Duration
	Listeners       []string
	Runs            []Handled
}

// Handled is a run; DueIn is negative if it is overdue.
type Handled struct {
	Function string
	Ended    bool
	DueIn    time.Duration
}

// Verdict is what becomes of the event; In is when it is looked at again.
type Verdict struct {
	Action string
	In     time.Duration
	Why    string
}

// Judge is judge with times that count from now.
func Judge(h Handling, every time.Duration) Verdict {
	now := time.Unix(1e9, 0)
	inner := handling{
		keyed: h.Keyed, sends: h.Sends, listeners: h.Listeners,
		firstSent: now.Add(-h.FirstSent), sent: now.Add(-h.Sent),
	}
	for _, r := range h.Runs {
		inner.runs = append(inner.runs, handled{r.Function, r.Ended, now.Add(r.DueIn)})
	}
	v := judge(inner, every, now)
	out := Verdict{Action: [...]string{"finish", "look", "resend", "bury"}[v.action], Why: v.why}
	if v.action == look {
		out.In = v.at.Sub(now)
	}
	return out
}

// Keep does what relays do every minute.
func (b *Bus) Keep(ctx context.Context) error {
	r := &relay{Bus: b, log: slog.New(slog.DiscardHandler)}
	if _, err := r.unpark(ctx, ""); err != nil {
		return err
	}
	return r.prune(ctx)
}

// NewBatches returns a relay's batch, to be called again and again.
func (b *Bus) NewBatches() func(context.Context) (int, error) {
	return (&relay{Bus: b, log: slog.New(slog.DiscardHandler)}).batch
}

// Statements of the relay, for a look at their plans: the arguments as text.
var Statements = map[string]string{
	"due":      due,
	"sent":     markSent,
	"done":     deleteDone,
	"heads":    heads,
	"hold":     holdHeads,
	"release":  release,
	"keys":     nextKeys,
	"prune":    prune,
	"runs":     runsOf,
	"count":    countRows,
	"oldest":   oldestRow,
	"nextDue":  nextDue,
	"dead":     markDead,
	"look":     lookAgain,
	"failed":   markFailed,
	"existing": dataOf,
}

// Tune is what comes before them.
const Tune = tune
