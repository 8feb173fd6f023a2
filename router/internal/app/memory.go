package app

import (
	"log/slog"
	"time"

	"switchyard/router/internal/pressure"
	"switchyard/router/internal/serve/overrun"
	"switchyard/shared/fault"
)

// fullFor is what callers are told of a function that is refused for the memory it holds.
const fullFor = 5 * time.Second

// mindMemory returns what has the function refused that holds most of the memory, when that
// runs out. It watches nothing if nobody says how much there is.
func (a *App) mindMemory(calls *overrun.Set, logger *slog.Logger) *pressure.Watch {
	c := pressure.Config{
		Limit: a.size.Memory,
		Shut: func(function string) {
			calls.Shut(function, fault.RetryAfter(fullFor, fault.New(fault.Unavailable,
				"This takes more memory than there is right now. Try again in a few seconds.")))
		},
		Open:   calls.Open,
		Logger: logger,
	}
	for _, f := range a.Functions {
		c.Functions = append(c.Functions, f.Name)
	}
	return pressure.New(c)
}
