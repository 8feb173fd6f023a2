package fn

import (
	"slices"
	"time"
)

// Job is a durable function that runs on events. Handle may divide its work into
// steps with github.com/inngest/inngestgo/step: a step that has finished is not
// run again, whatever crashes. Input is the event's data.
//
// If Function also has
//
//	Failed(ctx context.Context, in *Input, cause error) error
//
// the host calls it, durably too, when a run has given up: after the last retry, or after an
// error that is marked with fault.Permanent.
type Job struct {
	// Events are the names of the events it runs on: "order/placed".
	Events []string
	// From are event sources of AWS whose records it runs on too.
	From []Source
	// Summary says in a few words what it does, for listings.
	Summary string
	// If is a CEL expression over the event ("event.data.size > 0"); events for
	// which it is false start no run. Defaults to every event.
	If string
	// Timeout bounds one step, and the code between two steps. Defaults to
	// DefaultStepTimeout.
	Timeout time.Duration
	// Retries is how often a failed step is tried again; -1 means never.
	// Defaults to DefaultRetries.
	Retries int
	// Concurrency bounds how many steps, or runs, go on at once in all replicas together;
	// others wait. Defaults to no bound.
	Concurrency Concurrency
	// Throttle bounds how many runs start in a time; others wait. Defaults to no bound.
	Throttle Throttle
	// RateLimit bounds how many runs start in a time; events over it start none.
	// Defaults to no bound.
	RateLimit RateLimit
	// Debounce waits until no event has come for a while, and then starts one run, for the last
	// event. Defaults to a run for each event.
	Debounce Debounce
	// Batch collects events for one run: Input is then a slice, whose elements are
	// their data. Not with CancelOn, Debounce, Priority or Singleton. Defaults to a run
	// for each event.
	Batch Batch
	// Priority is a CEL expression for a whole number of seconds from -600 to 600. A run with
	// priority 120 goes before runs that have waited up to 120 s longer. Write
	// "event.data.paid ? 120 : 0", or "int(event.data.rank)": to Inngest a number from JSON is
	// no whole number, and so has no effect. Defaults to 0.
	Priority string
	// Singleton lets one run go on at a time. Defaults to any number.
	Singleton Singleton
	// Idempotency is a CEL expression ("event.data.fileId"); of the events with
	// the same value only the first within 24 h starts a run. Defaults to none.
	Idempotency string
	// Timeouts cancel a run that begins too late or takes too long. Defaults to none.
	Timeouts Timeouts
	// CancelOn are the events that stop a run before its next step.
	CancelOn []Cancel
	// Reruns lets a second run handle an event that another run has handled, or is
	// handling. By default such a run ends at once, and does nothing: Inngest begins one
	// if it has forgotten the event, or if somebody asks it to run a function again.
	Reruns bool
	// MaxConns bounds the connections to the database that its steps use at once in one
	// process. Defaults to a quarter of the pool, and at least 2.
	MaxConns int
	// Apart has it run in a process of its own beside the router, so that nothing it does
	// can end or stall the others. SWITCHYARD_APART names such functions too.
	Apart bool
	// Memory is what a host that rents memory for each call gives it, such as AWS
	// Lambda, in MiB. Defaults to DefaultMemory. One process for all takes no notice.
	Memory int
}

// Concurrency bounds what goes on at once.
type Concurrency struct {
	Limit int    // 0 means no bound
	Key   string // a CEL expression; the bound then holds for each of its values apart
	Runs  bool   // whole runs, with their waiting and sleeping; else steps that are running
}

// Throttle bounds how many runs start in a time. Starts are spread over it evenly.
type Throttle struct {
	Limit int           // 0 means no bound
	Per   time.Duration // from 1 s
	Burst int           // how many more may start at once. Defaults to none.
	Key   string        // a CEL expression; the bound then holds for each of its values apart
}

// RateLimit bounds how many runs start in a time.
type RateLimit struct {
	Limit int           // 0 means no bound
	Per   time.Duration // from 1 s
	Key   string        // a CEL expression; the bound then holds for each of its values apart
}

// Debounce waits until events cease to come.
type Debounce struct {
	Wait time.Duration // without an event; from 1 s to 7 days; 0 means not to wait
	Max  time.Duration // in all, however many come. Defaults to no bound.
	Key  string        // a CEL expression; the events with each of its values then count apart
}

// Batch collects events.
type Batch struct {
	Size int           // a run starts when there are so many, 2 to 100,
	Wait time.Duration // or when the first has waited so long, 1 s to 10 min
	Key  string        // a CEL expression; the events with each of its values are then collected apart
}

// Singleton lets one run go on at a time.
type Singleton struct {
	On     bool
	Key    string // a CEL expression; one run may then go on for each of its values
	Cancel bool   // the next event stops the run and starts its own; else it starts none
}

// Timeouts cancel a run.
type Timeouts struct {
	Start  time.Duration // if it has not begun so long after its event
	Finish time.Duration // if it has not ended so long after it has begun; not in mid-step
}

// Cancel stops runs of a job.
type Cancel struct {
	Event  string        // the name of the event that stops them
	If     string        // a CEL expression: event is the one that started the run, async the one that stops it
	Within time.Duration // of the run's start; later it has no effect. Defaults to a run's whole time.
}

// Info implements [Spec].
func (s Job) Info() Info {
	return Info{
		Kind: KindJob, Summary: s.Summary, Events: s.allEvents(), Sources: s.From,
		Timeout:  or(s.Timeout, DefaultStepTimeout),
		MaxConns: s.MaxConns,
		Apart:    s.Apart,
		Memory:   or(s.Memory, DefaultMemory),
	}
}

// allEvents returns Events, and those that records of From become, each once.
func (s Job) allEvents() []string {
	all := s.Events
	for _, source := range s.From {
		if event := source.Event(); !slices.Contains(all, event) {
			all = append(slices.Clip(all), event)
		}
	}
	return all
}

// Expression returns the CEL expression that is true for those events of this name
// that start a run: what If says, and the filters of From. "" is every one.
func (s Job) Expression(event string) string {
	var filters []string
	all := slices.Contains(s.Events, event)
	for _, source := range s.From {
		if source.Event() == event {
			filters = append(filters, source.Filter())
			all = all || source.Filter() == ""
		}
	}
	switch {
	case all || len(filters) == 0:
		return s.If
	case s.If == "":
		return either(filters)
	}
	return "(" + s.If + ") && " + either(filters)
}

// Schedule is a durable function that runs at set times: each time once, however many replicas
// there are.
type Schedule struct {
	// Cron has five fields: minute, hour, day of the month, the month, day of the
	// week; before them may stand a time zone: "TZ=Europe/Paris 0 6 * * *".
	// Defaults to UTC. When the clocks of the zone go forward, a time in the hour that is left
	// out does not come on that day; when they go back, a time in the hour that is repeated
	// comes twice.
	Cron string
	// Summary says in a few words what it does, for listings.
	Summary string
	// Timeout bounds one step, and the code between two steps. Defaults to
	// DefaultStepTimeout.
	Timeout time.Duration
	// Retries is how often a failed step is tried again; -1 means never.
	// Defaults to DefaultRetries.
	Retries int
	// MaxConns bounds the connections to the database that its steps use at once in one
	// process. Defaults to a quarter of the pool, and at least 2.
	MaxConns int
	// Apart has it run in a process of its own beside the router, so that nothing it does
	// can end or stall the others. SWITCHYARD_APART names such functions too.
	Apart bool
	// Memory is what a host that rents memory for each call gives it, such as AWS
	// Lambda, in MiB. Defaults to DefaultMemory. One process for all takes no notice.
	Memory int
}

// Info implements [Spec].
func (s Schedule) Info() Info {
	return Info{
		Kind: KindSchedule, Summary: s.Summary, Cron: s.Cron,
		Timeout:  or(s.Timeout, DefaultStepTimeout),
		MaxConns: s.MaxConns,
		Apart:    s.Apart,
		Memory:   or(s.Memory, DefaultMemory),
	}
}

// RetriesOf returns the number of retries that the Retries field of a Spec means.
func RetriesOf(retries int) int {
	if retries < 0 {
		return 0
	}
	return or(retries, DefaultRetries)
}
