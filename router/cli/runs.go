package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchyard/shared/events/ledger"
)

// runsCmd are the verbs for runs.
type runsCmd struct {
	Ls     runsLsCmd     `cmd:"" help:"List the runs of jobs and schedules."`
	Show   runsShowCmd   `cmd:"" help:"Show a run: its event, its steps, and what went wrong."`
	Retry  runsRetryCmd  `cmd:"" help:"Run again what has failed."`
	Cancel runsCancelCmd `cmd:"" help:"End runs that go on."`
}

// runFilter is the flags that say which runs are meant.
type runFilter struct {
	Function string  `help:"Only runs of this function: its name, or as Inngest knows it." placeholder:"jobs/mail"`
	Error    string  `help:"Only those whose error has this in it." placeholder:"TEXT"`
	Since    *moment `help:"Only those that began since: 2h or 3d ago, or at a time such as 2026-11-28T09:00:00Z." placeholder:"TIME"`
	Until    *moment `help:"Only those that began before." placeholder:"TIME"`
}

func (f runFilter) of(state string) ledger.Filter {
	return ledger.Filter{Function: f.Function, State: state, Error: f.Error, Since: f.Since.time(), Until: f.Until.time()}
}

// runSelection is some runs: those with ids, or all that a filter means.
type runSelection struct {
	IDs []string `arg:"" optional:"" name:"id" help:"The runs' ids."`
	runFilter
	Plan bool `help:"Only say how many runs that would be."`
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

// moment is a time, or how long ago it was.
type moment time.Time

// UnmarshalText implements [encoding.TextUnmarshaler].
func (m *moment) UnmarshalText(text []byte) error {
	if t, err := time.Parse(time.RFC3339, string(text)); err == nil {
		*m = moment(t)
		return nil
	}
	ago, err := time.ParseDuration(string(text))
	if days, found := strings.CutSuffix(string(text), "d"); found {
		var n int
		n, err = strconv.Atoi(days)
		ago = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || ago < 0 {
		return fmt.Errorf("%q is no time: want 2h, 3d or 2026-11-28T09:00:00Z", text)
	}
	*m = moment(time.Now().Add(-ago))
	return nil
}

func (m *moment) time() *time.Time { return (*time.Time)(m) }

// countedRuns returns "1 run" or "2 runs".
func countedRuns(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}
