package config

import "time"

// What a release does with runs in flight that it cannot carry on: the values of
// JOBS_IN_FLIGHT.
const (
	InFlightRefuse   = "refuse"   // it does not take over
	InFlightKeep     = "keep"     // the release before it stays and carries them on
	InFlightContinue = "continue" // it takes over; the runs fail, or do steps again
)

// InFlight is what happens to runs that another release has begun.
type InFlight struct {
	// Policy counts as continue in development.
	Policy string `env:"JOBS_IN_FLIGHT" default:"refuse" use:"what happens if a release cannot carry on runs in flight: refuse the release; keep the one before for them; or continue all the same"`
	// KeepFor should be shorter than the time that the platform gives a process to stop.
	KeepFor time.Duration `env:"JOBS_KEEP_FOR" default:"1h" use:"with JOBS_IN_FLIGHT=keep: for how long a release that was told to stop goes on with its runs in flight"`
	// Address is of this replica, not of its service.
	Address URL `env:"JOBS_ADDRESS" use:"with JOBS_IN_FLIGHT=keep: the URL at which other replicas reach this one; one of its private addresses and PORT if not set"`
}

// Check implements [Checker].
func (f InFlight) Check(report func(name, problem string)) {
	checkOneOf(report, "JOBS_IN_FLIGHT", f.Policy, InFlightRefuse, InFlightKeep, InFlightContinue)
	if f.KeepFor < time.Second {
		report("JOBS_KEEP_FOR", "is malformed: want 1s or more")
	}
}
