package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"switchyard/shared/events/ledger"
)

func (p *process) runs() *cobra.Command {
	c := &cobra.Command{Use: "runs VERB", Short: "See runs of jobs, and run them again."}
	c.AddCommand(p.runsLs(), p.runsShow(), p.runsRetry(), p.runsCancel())
	return c
}

// runFilter is the flags that say which runs are meant.
type runFilter struct {
	Function, Error string
	Since, Until    moment
}

func (f *runFilter) flags(to *pflag.FlagSet) {
	to.StringVar(&f.Function, "function", "", "Only runs of this function: its `NAME`, or as Inngest knows it.")
	to.StringVar(&f.Error, "error", "", "Only those whose error has this `TEXT` in it.")
	to.Var(&f.Since, "since", "Only those that began since a `TIME`: 2h or 3d ago, or 2026-11-28T09:00:00Z.")
	to.Var(&f.Until, "until", "Only those that began before a `TIME`.")
}

func (f runFilter) of(state string) ledger.Filter {
	return ledger.Filter{Function: f.Function, State: state, Error: f.Error, Since: f.Since.time(), Until: f.Until.time()}
}

// runSelection is some runs: those with ids, or all that a filter means.
type runSelection struct {
	IDs []string
	runFilter
	Plan bool
}

// check says what is wrong with the arguments. All tells whether the flag of this name was
// given, without which a filter means nothing.
func (s runSelection) check(all bool, flag string) error {
	switch {
	case all == (len(s.IDs) > 0):
		return errors.New("want either ids or " + flag)
	case !all && s.runFilter != runFilter{}:
		return errors.New("--function, --error, --since and --until: only with " + flag)
	}
	return nil
}

// moment is a flag of a time, or of how long ago it was; the zero moment is none.
type moment time.Time

// Set implements [pflag.Value].
func (m *moment) Set(text string) error {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		*m = moment(t)
		return nil
	}
	ago, err := time.ParseDuration(text)
	if days, found := strings.CutSuffix(text, "d"); found {
		var n int
		n, err = strconv.Atoi(days)
		ago = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || ago < 0 {
		return errors.New("it is no time: want 2h, 3d or 2026-11-28T09:00:00Z")
	}
	*m = moment(time.Now().Add(-ago))
	return nil
}

// String implements [pflag.Value].
func (m *moment) String() string {
	if t := m.time(); t != nil {
		return t.Format(time.RFC3339)
	}
	return ""
}

// Type implements [pflag.Value].
func (m *moment) Type() string { return "time" }

// time returns the time, nil if it is none.
func (m *moment) time() *time.Time {
	if t := (*time.Time)(m); !t.IsZero() {
		return t
	}
	return nil
}

// countedRuns returns "1 run" or "2 runs".
func countedRuns(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}
