// Package ledger remembers which run of which function handles which event, and which
// steps it has passed. The durable host writes it, and the relay of package events reads
// it: an event is done when its runs are, not when Inngest has answered 200.
//
// A run holds its events until it has ended, or until it is overdue: not heard of
// for longer than it said. Another run of the same function for the same event is
// refused meanwhile, and after a good end, even when Inngest has forgotten the
// event's id and begins one.
package ledger

import (
	"encoding/json"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/db"
)

// Ledger is the tables event_run, run_step and listener.
type Ledger struct {
	// Release is the release of this process, as in table job_release, which runs are noted
	// to have begun by. It is set before the ledger is used.
	Release string

	db    *db.DB
	keyed atomic.Int64 // how many runs with an event of a key have ended here
}

// New returns the ledger in d.
func New(d *db.DB) *Ledger { return &Ledger{db: d} }

// Run is one run of one function, and what is to be noted of it.
type Run struct {
	Function string // as Inngest knows it, with the app's id: "orders-jobs-mail"
	ID       string // Inngest's id of the run
	Events   []uuid.UUID
	Steps    []Step // those that the ledger does not know, or not the result of
	Error    string // of its last call; "" for none
}

// Step is a step that a run has come to.
type Step struct {
	ID   string // as the SDK knows it: a hash of its name, and of how often the name has come before
	Nr   int    // how many the run has come to before; of no matter if the ledger knows the step
	Name string // "" if it is not known
	Op   string // what kind of step it is, as the SDK says; "" if it is not known
	// Result is what the SDK is given of it in later calls: {"data": …}, {"error": …}, an
	// event, or null. It is nil while the step goes on.
	Result json.RawMessage
}

// Outcome is how a run has ended.
type Outcome string

// The ways in which a run ends.
const (
	Done      Outcome = "done"
	Failed    Outcome = "failed"    // given up; another run may try
	Cancelled Outcome = "cancelled" // stopped by an event, by a timeout or by a person
)

// Claim is how a run asks for its events.
type Claim struct {
	// Within is how soon the run will be heard of again.
	Within time.Duration
	// Rerun takes events that another run holds or has finished, too.
	Rerun bool
	// Repeat takes events of which another run was cancelled, too.
	Repeat bool
	// Parallel says that other calls of the same run may be going on: how late it may
	// be heard of is then never made sooner, and if one has ended it, that stays.
	Parallel bool
	// Events is what is known of the run's events, in their order. It may be shorter.
	Events []Event
}

// Event is what the ledger keeps of an event.
type Event struct {
	Name string
	Data json.RawMessage // nil if the outbox has it, or the ledger
}

// Held is what a run has.
type Held struct {
	Events []uuid.UUID     // those of its events that are its own to handle
	Steps  map[string]bool // the steps that the ledger knows, by their ids: whether with a result
}
