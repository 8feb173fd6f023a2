package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"switchyard/shared/db"
)

// EngineState says how Inngest works, as far as the relays can see.
type EngineState string

// The states. An Inngest of which nothing is asked counts as one that works.
const (
	Working EngineState = "working"
	Slow    EngineState = "slow"  // it begins runs, but none of the events that it has
	Stuck   EngineState = "stuck" // it takes events and begins nothing
	Away    EngineState = "away"  // it takes no events
)

// Engine is what the relays know of Inngest.
type Engine struct {
	State   EngineState        `json:"state"`
	Since   time.Time          `json:"since"`
	Reason  string             `json:"reason,omitempty"`  // for people: why it is not working, and what to do
	Windows map[string]*Window `json:"windows,omitempty"` // by the names of events, those that matter now
}

// Canary is the name of an event of the host's own. A relay that doubts Inngest sends one,
// and the host's own function listens to it.
const Canary = "switchyard/canary"

// How the relays judge Inngest.
const (
	doubtAfter  = 15 * time.Second // in which nothing began that is in flight
	doubtAgain  = 30 * time.Second // the same, after a canary has sung
	canaryTime  = 15 * time.Second // for a canary to be begun
	canaryAgain = 2 * time.Second  // between two of them while Inngest is stuck
	maxCanaries = 16               // that are remembered
	// knowAgain is how long an Inngest that was away may take until it knows the functions
	// again: what it took before that begins no run.
	knowAgain = 3 * time.Second
)

// registerAgain has the functions registered once more, as an Inngest that was replaced
// does not know them: package release of the router's durable listens.
const registerAgain = `SELECT pg_notify('job_release', 'again')`

const slowReason = "it begins runs, but none of the events that it has: the functions that listen are throttled, " +
	"paused or limited, or it refuses them: see whether the log says so"

const stuckReason = "it takes events and begins no run, not even of the router's own function: it is wedged, it cannot " +
	"reach this service, or no jobs are registered with it; restart it, or see in its log why calls fail, and in the router's why jobs " +
	"are not registered; what waits is sent again when it begins runs"

// engine is the state that relays share, in the one row of the table relay.
type engine struct {
	State    EngineState   `json:"state,omitempty"`
	Since    time.Time     `json:"since,omitzero"`
	Reason   string        `json:"reason,omitempty"`
	Windows  windows       `json:"windows,omitempty"`
	Quiet    time.Time     `json:"quiet,omitzero"`  // since when something was in flight or to be, and nothing has begun
	Doubt    time.Duration `json:"doubt,omitempty"` // how long that may last
	Canaries []canary      `json:"canaries,omitempty"`
	Passes   int           `json:"passes,omitempty"` // events in a row that failed alone
	Again    time.Time     `json:"again,omitzero"`   // when to send again what is in flight, after it was away
}

// canary is one that was sent.
type canary struct {
	ID uuid.UUID `json:"id"`
	At time.Time `json:"at"`
}

// sight is what a relay sees in one turn.
type sight struct {
	now      time.Time
	inFlight int
	begun    int  // events in flight whose runs have begun
	waiting  bool // events wait that somebody listens to: perhaps what was in flight, to be sent again
	sung     bool // one of the canaries was begun
	listens  bool // a function listens to canaries
}

// judge takes note of what was seen. It reports whether Inngest works again after it was
// stuck: then what is in flight may be lost, and is to be sent again. And it reports
// whether a canary is to be sent.
func (e *engine) judge(s sight) (again, doubt bool) {
	if s.inFlight == 0 && s.begun == 0 && !s.waiting {
		e.Quiet = time.Time{}
	} else if e.Quiet.IsZero() || s.begun > 0 {
		e.Quiet = s.now
	}
	switch {
	case e.State == Stuck && (s.begun > 0 || s.sung || !s.listens):
		e.turn(Working, s.now, "")
		e.Quiet, e.Canaries, e.Doubt = s.now, nil, 0
		return true, false
	case !e.Again.IsZero() && !s.now.Before(e.Again) && e.State != Away:
		e.Again = time.Time{}
		return s.inFlight > 0, false
	case s.begun > 0:
		if e.State == Slow {
			e.turn(Working, s.now, "")
		}
		e.Canaries, e.Doubt = nil, 0
	case s.sung:
		e.turn(Slow, s.now, slowReason)
		e.Quiet, e.Canaries, e.Doubt = s.now, nil, doubtAgain
	case e.State == Stuck || !e.Quiet.IsZero():
		return false, e.doubt(s)
	}
	return false, false
}

// doubt reports whether a canary is to be sent. When the first has not been begun in
// time, Inngest is stuck.
func (e *engine) doubt(s sight) bool {
	switch {
	case !s.listens || e.State == Away || s.now.Sub(e.Quiet) < max(e.Doubt, doubtAfter):
		return false
	case len(e.Canaries) == 0:
		return true
	case e.State != Stuck && s.now.Sub(e.Canaries[0].At) >= canaryTime:
		e.turn(Stuck, e.Quiet, stuckReason)
	}
	return e.State == Stuck && s.now.Sub(e.Canaries[len(e.Canaries)-1].At) >= canaryAgain
}

// sent takes note of a request, and reports as judge does whether what is in flight is to
// be sent again: an Inngest that comes back may have lost it.
func (e *engine) sent(now time.Time, failure error) (again bool) {
	switch {
	case failure != nil && e.State != Away:
		e.turn(Away, now, failure.Error())
	case failure != nil:
		e.Reason = failure.Error()
	case e.State == Away:
		e.turn(Working, now, "")
		e.Passes, e.Again = 0, now.Add(knowAgain)
		e.Quiet, e.Canaries, e.Doubt = time.Time{}, nil, 0
		return true
	}
	return false
}

func (e *engine) turn(to EngineState, since time.Time, reason string) {
	e.State, e.Since, e.Reason = to, since, reason
}

// sang keeps the canary. The first tells since when Inngest has begun none.
func (e *engine) sang(c canary) {
	if len(e.Canaries) == maxCanaries {
		e.Canaries = append(e.Canaries[:1], e.Canaries[2:]...)
	}
	e.Canaries = append(e.Canaries, c)
}

// EngineOf returns what the relays of all processes know of Inngest. While no relay runs,
// it stays as it was.
func EngineOf(ctx context.Context, d *db.DB) (Engine, error) {
	var text json.RawMessage
	var e engine
	err := d.QueryRow(ctx, `SELECT state FROM relay`).Scan(&text)
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Engine{}, fmt.Errorf("ask how Inngest works: %w", err)
	}
	if e.State == "" {
		e.State = Working
	}
	return Engine{State: e.State, Since: e.Since, Reason: e.Reason, Windows: e.Windows}, nil
}
