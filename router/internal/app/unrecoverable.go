package app

import (
	"context"
	"time"

	"switchyard/router/internal/service"
	"switchyard/router/internal/watchdog"
)

// When the process ends itself.
const (
	hopeless     = 2 * time.Minute
	answerWithin = 8 * time.Second
	// afterCall is how long after the end of the longest call its connections may take to
	// come back.
	afterCall = 30 * time.Second
)

// unrecoverable returns the reasons for the process to end itself, which listens at local.
func (a *App) unrecoverable(local string) []watchdog.Check {
	silent := watchdog.Check{Name: "nothing is answered", Fails: watchdog.Silent(local+"/livez", answerWithin), For: hopeless}
	return append(a.stuck(), silent)
}

// stuck returns those of the reasons that are about connections. A pool is stuck only if it is
// so for longer than any call may last: until then calls may have them all that go on for
// long.
func (a *App) stuck() []watchdog.Check {
	longest := hopeless
	for _, f := range a.Functions {
		longest = max(longest, f.Info().Timeout+afterCall)
	}
	var checks []watchdog.Check
	for _, pool := range service.All[interface {
		Stuck() func(context.Context) error
	}](a.Needs) {
		checks = append(checks, watchdog.Check{Name: "the pool of connections is stuck", Fails: pool.Stuck(), For: longest})
	}
	return checks
}
