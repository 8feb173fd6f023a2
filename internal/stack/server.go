package stack

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"switchyard/internal/stack/process"
)

// quotedLines is how much of what a program printed gets into a message.
const quotedLines = 20

// start starts the server c and returns when ready returns nil. If that takes too
// long, or the server ends, it stops the server and fails with the last lines that
// the server printed.
func start(ctx context.Context, c process.Command, ready func(context.Context, *process.Process) error) (*process.Process, error) {
	p, err := process.Start(c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := p.Until(ctx, func(ctx context.Context) error { return ready(ctx, p) }); err != nil {
		_ = p.Stop()
		return nil, fmt.Errorf("start %s: %w; it said:\n%s", c.Label, err, quote(p.Tail()))
	}
	return p, nil
}

// quote returns the last lines of text, indented.
func quote(text string) string {
	lines := strings.Split(text, "\n")
	lines = lines[max(0, len(lines)-quotedLines):]
	return "  " + strings.Join(lines, "\n  ")
}

// setEnv gives cmd our environment without the variables that begin with one of
// drop, and with set.
func setEnv(cmd *exec.Cmd, drop []string, set ...string) {
	inherited := slices.DeleteFunc(cmd.Environ(), func(v string) bool { return hasAnyPrefix(v, drop) })
	cmd.Env = slices.Concat(inherited, set)
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
