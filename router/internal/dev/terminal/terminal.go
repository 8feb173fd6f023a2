// Package terminal shows what dev does: one line for each part, and why something failed.
package terminal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// silence is the longest time that nothing is shown while something is pending.
const silence = 2 * time.Second

// Terminal writes one calm line per part, keeps the lines of the app apart from
// its own, and never stays silent for long while something is pending. On a real
// terminal what is pending stands in the last line and is overwritten.
type Terminal struct {
	out   io.Writer
	color bool

	mu      sync.Mutex
	pending []*Task
	all     []*Task // of the first start, for the starting page
	shown   time.Time
	wait    time.Duration // until what is pending is shown again, off a real terminal
	status  bool          // the last line on the screen is what is pending
}

// Task is one part of the work that is shown.
type Task struct {
	t        *Terminal
	name     string
	begun    time.Time
	took     time.Duration
	progress string
	failed   bool
}

// New returns a terminal that writes to out, with colours if they are wanted.
func New(out io.Writer, color bool) *Terminal {
	return &Terminal{out: out, color: color, shown: time.Now(), wait: silence}
}

// Begin shows that the part called name is being worked on, until Done or Fail.
func (t *Terminal) Begin(name string) *Task {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := &Task{t: t, name: name, begun: time.Now()}
	t.pending = append(t.pending, k)
	t.all = append(t.all, k)
	return k
}

// Progress says what is being done right now.
func (k *Task) Progress(text string) {
	k.t.mu.Lock()
	defer k.t.mu.Unlock()
	k.progress = strings.TrimSpace(text)
}

// Done prints the part's line. Detail may be empty.
func (k *Task) Done(detail string) { k.end(false, detail) }

// Fail prints that the part did not work, and why.
func (k *Task) Fail(reason string) { k.end(true, reason) }

// Drop forgets the part without a line: it was called off.
func (k *Task) Drop() {
	k.t.mu.Lock()
	defer k.t.mu.Unlock()
	k.t.forget(k)
}

func (k *Task) end(failed bool, detail string) {
	k.t.mu.Lock()
	defer k.t.mu.Unlock()
	k.t.forget(k)
	k.took, k.failed, k.progress = time.Since(k.begun), failed, ""
	mark := k.t.paint(green, "✓")
	if failed {
		mark = k.t.paint(red, "✗")
	}
	text := fmt.Sprintf("  %s %-11s %7s", mark, k.name, Seconds(k.took))
	if detail != "" {
		text += "  " + k.t.paint(faint, FirstLine(detail))
	}
	k.t.print(text + "\n")
}

func (t *Terminal) forget(k *Task) {
	t.pending = slices.DeleteFunc(t.pending, func(other *Task) bool { return other == k })
	t.wait = silence
}

// Say prints a line.
func (t *Terminal) Say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.print(fmt.Sprintf(format, args...) + "\n")
}

// Problem prints what went wrong, with the output of the command that says so.
func (t *Terminal) Problem(f *ReleaseError) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := fmt.Sprintf("  %s %s", t.paint(red, "✗"), f.Title)
	if f.Command != "" {
		text += "  " + t.paint(faint, f.Command)
	}
	text += "\n"
	if !f.Shown && f.Output != "" {
		text += indent(Trim(f.Output, 40, 8<<10)) + "\n"
	}
	t.print(text)
}

// Lines returns a writer for the output of a child: whole lines at a time, so
// that they do not mix with the terminal's own.
func (t *Terminal) Lines() io.Writer { return &lineWriter{t: t} }

type lineWriter struct {
	t    *Terminal
	mu   sync.Mutex
	rest []byte
}

// longestLine bounds what is kept of a line that does not end, in bytes.
const longestLine = 64 << 10

// Write implements io.Writer.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, p...)
	end := bytes.LastIndexByte(w.rest, '\n') + 1
	if end == 0 && len(w.rest) > longestLine {
		end = len(w.rest)
	}
	if end > 0 {
		w.t.mu.Lock()
		w.t.print(string(w.rest[:end]))
		w.t.mu.Unlock()
		w.rest = append(w.rest[:0], w.rest[end:]...)
	}
	return len(p), nil
}

// Run shows what is pending until ctx ends.
func (t *Terminal) Run(ctx context.Context) {
	tick := time.NewTicker(silence / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			t.mu.Lock()
			t.clear()
			t.mu.Unlock()
			return
		case <-tick.C:
			t.remind()
		}
	}
}

// remind shows what is pending, if it is time to.
func (t *Terminal) remind() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.pending) == 0 || (!t.status && time.Since(t.shown) < t.wait-silence/4) {
		return
	}
	if t.color {
		t.clear()
		fmt.Fprint(t.out, t.paint(faint, shorten("  … "+t.waiting(), 100)))
		t.status, t.shown = true, time.Now()
		return
	}
	t.print("  … " + t.waiting() + "\n")
	t.wait = min(2*t.wait, 4*silence) // a log of a long build need not be long
}

func (t *Terminal) waiting() string {
	var parts []string
	for _, k := range t.pending {
		text := k.name
		if k.progress != "" {
			text += ": " + k.progress
		}
		if !strings.HasSuffix(text, " s") { // a part that tells the time itself
			text += fmt.Sprintf(" (%.0f s)", time.Since(k.begun).Seconds())
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// print writes text above what is pending.
func (t *Terminal) print(text string) {
	t.clear()
	t.shown = time.Now()
	_, _ = io.WriteString(t.out, text) // nothing to be done about a terminal that is gone
}

func (t *Terminal) clear() {
	if t.status {
		_, _ = io.WriteString(t.out, "\r\x1b[K")
		t.status = false
	}
}

// Step is one line of the starting page.
type Step struct {
	Name   string
	State  string // pending, done or failed
	Detail string // what is being done, or how long it took
}

// Steps returns what has been begun so far, for the starting page.
func (t *Terminal) Steps() []Step {
	t.mu.Lock()
	defer t.mu.Unlock()
	var steps []Step
	for _, k := range t.all {
		s := Step{Name: k.name, State: "pending", Detail: k.progress}
		switch {
		case k.failed:
			s.State = "failed"
		case k.took > 0:
			s.State, s.Detail = "done", Seconds(k.took)
		}
		steps = append(steps, s)
	}
	return steps
}

// Settle forgets the tasks of the first start; later ones are not for the page.
func (t *Terminal) Settle() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = nil
}

const (
	red   = "31"
	green = "32"
	faint = "2"
)

func (t *Terminal) paint(style, text string) string {
	if !t.color {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// Seconds returns d as people read it: "1.5 s".
func Seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// FirstLine returns the first line of s that is not empty.
func FirstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

func shorten(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes-1]) + "…"
	}
	return s
}

func indent(s string) string { return "    " + strings.ReplaceAll(s, "\n", "\n    ") }

// Trim returns the first lines and bytes of s, and says if there is more.
func Trim(s string, lines, size int) string {
	s = strings.TrimSpace(s)
	more := false
	if len(s) > size {
		s, more = strings.ToValidUTF8(s[:size], ""), true
	}
	if all := strings.Split(s, "\n"); len(all) > lines {
		s, more = strings.Join(all[:lines], "\n"), true
	}
	if more {
		s += "\n…"
	}
	return s
}
