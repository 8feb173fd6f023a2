package fn

import "time"

// Job is a durable function that runs on events. Handle may divide its work into
// steps with github.com/inngest/inngestgo/step: a step that has finished is not
// run again, whatever crashes. Input is the event's data.
//
// If Function also has
//
//	Failed(ctx context.Context, in *Input, cause error) error
//
// it is called, durably too, when a run has given up: after the last retry, or
// on an error marked with fault.Permanent.
type Job struct {
	// Events are the names of the events it runs on: "file/uploaded".
	Events []string
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
	// Concurrency bounds how many steps run at once, over all replicas.
	// Defaults to no bound.
	Concurrency Concurrency
	// Idempotency is a CEL expression ("event.data.fileId"); of the events with
	// the same value only the first within 24 h starts a run. Defaults to none.
	Idempotency string
	// CancelOn are the events that stop a run before its next step.
	CancelOn []Cancel
}

// Concurrency bounds the steps of a job that run at once.
type Concurrency struct {
	Limit int    // 0 means no bound
	Key   string // a CEL expression; the bound then holds for each of its values apart
}

// Cancel stops runs of a job.
type Cancel struct {
	Event string // the name of the event that stops them
	If    string // a CEL expression: event is the one that started the run, async the one that stops it
}

// Info implements [Spec].
func (s Job) Info() Info {
	return Info{
		Kind: KindJob, Summary: s.Summary, Events: s.Events,
		Timeout: or(s.Timeout, DefaultStepTimeout),
	}
}

// Schedule is a durable function that runs at times, once over all replicas.
type Schedule struct {
	// Cron has five fields: minute, hour, day of the month, the month, day of the
	// week; before them may stand a time zone: "TZ=Europe/Paris 0 6 * * *".
	// Defaults to UTC.
	Cron string
	// Summary says in a few words what it does, for listings.
	Summary string
	// Timeout bounds one step, and the code between two steps. Defaults to
	// DefaultStepTimeout.
	Timeout time.Duration
	// Retries is how often a failed step is tried again; -1 means never.
	// Defaults to DefaultRetries.
	Retries int
}

// Info implements [Spec].
func (s Schedule) Info() Info {
	return Info{
		Kind: KindSchedule, Summary: s.Summary, Cron: s.Cron,
		Timeout: or(s.Timeout, DefaultStepTimeout),
	}
}

// RetriesOf returns the number of retries that the Retries field of a Spec means.
func RetriesOf(retries int) int {
	if retries < 0 {
		return 0
	}
	return or(retries, DefaultRetries)
}
