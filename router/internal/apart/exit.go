package apart

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// maxTrace bounds what is logged of a trace, in bytes.
const maxTrace = 4 << 10

// exit says how a process ended.
type exit struct {
	how      string   // "exit status 2", "signal: killed"
	why      string   // as the Go runtime says: "fatal error: concurrent map writes"; "" if it says nothing
	trace    string   // the beginning of what was printed last
	running  []string // functions that had calls
	function string   // that ended it, as far as is known; else ""
}

// newExit reads how a process of g ended. The functions in running had calls at that time.
func newExit(g Group, state *os.ProcessState, printed string, running []string) exit {
	first := firstGoroutine(printed)
	e := exit{how: "it could not be awaited", running: running, trace: shorten(printed, first)}
	if state != nil {
		e.how = state.String()
	}
	e.why = reason(printed)
	if e.why == "" && killed(state) {
		e.why = "killed from outside, perhaps by the kernel because memory ran out"
	}
	for _, name := range g.names() {
		if strings.Contains(first, "functions/"+name+".") {
			e.function = name
			return e
		}
	}
	switch {
	case len(g.Functions) == 1:
		e.function = g.Functions[0].Name
	case len(running) == 1:
		e.function = running[0]
	}
	return e
}

// reason returns the first line of the Go runtime about why it ends the process.
func reason(printed string) string {
	for line := range strings.Lines(printed) {
		if beginsTrace([]byte(line)) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// beginsTrace reports whether text begins as what the Go runtime says when it ends the
// process.
func beginsTrace(text []byte) bool {
	for _, begin := range [...]string{"panic: ", "fatal error: ", "runtime: out of memory", "runtime/cgo: ", "SIG"} {
		if bytes.HasPrefix(text, []byte(begin)) {
			return true
		}
	}
	return false
}

// firstGoroutine returns the part of a trace about the goroutine that it is about.
func firstGoroutine(trace string) string {
	begin := strings.Index(trace, "\ngoroutine ")
	if begin < 0 {
		return ""
	}
	first, _, _ := strings.Cut(trace[begin+1:], "\n\n")
	return first
}

// shorten returns the beginning of what was printed last: of a trace, why it is there, and
// the goroutine that it is about.
func shorten(printed, first string) string {
	if why, _, _ := strings.Cut(printed, "\n\n"); first != "" && !strings.Contains(why, first) {
		printed = why + "\n\n" + first
	}
	return strings.ToValidUTF8(printed[:min(len(printed), maxTrace)], "")
}

func killed(state *os.ProcessState) bool {
	if state == nil {
		return false
	}
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// String says in one line what happened.
func (e exit) String() string {
	if e.why == "" {
		return e.how
	}
	return fmt.Sprintf("%s (%s)", e.why, e.how)
}
