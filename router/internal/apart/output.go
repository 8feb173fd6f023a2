package apart

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"
)

// Bounds of what a process prints.
const (
	maxLine   = 64 << 10 // bytes of a line; a logger writes no longer ones
	maxPrint  = 16 << 10 // bytes that are kept of what is no line of the log
	maxLines  = 500      // lines of the log in a second
	quietTime = time.Second
)

// So much is read in each moment, in bytes, of which a line takes some more: to read what a
// process prints as fast as it can would keep the router busy. What more it prints has to wait.
const (
	maxRead    = 1 << 20
	lineCost   = 100
	readMoment = 250 * time.Millisecond // less than outputDelay
)

// output takes what a process prints. Lines of the log are passed on; what else comes is
// kept for a while, as it may be the last that the process says. A trace is kept from its
// beginning, whatever was printed before it.
type output struct {
	pass    func(line []byte) // a line of the log, as JSON
	printed func(text string) // what came that is none, and is not the last
	dropped func(lines int)   // how many lines of the log were too many

	moment time.Time // when reading in it began
	read   int       // since then

	mu     sync.Mutex
	part   []byte    // the beginning of a line
	rest   bool      // of a line that was too long, and ends in what comes
	print  []byte    // that is no line of the log
	told   time.Time // when some of that was last told
	quiet  *time.Timer
	second time.Time
	lines  int // in that second
}

// Write implements [io.Writer]. It never fails: a process must not end because of its log. It
// is for one goroutine.
func (o *output) Write(p []byte) (int, error) {
	o.slow(len(p) + lineCost*bytes.Count(p, []byte("\n")))
	o.mu.Lock()
	defer o.mu.Unlock()
	for rest := p; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		rest = after
		if len(o.part)+len(line) > maxLine {
			line = line[:maxLine-len(o.part)]
			o.take(append(o.part, line...))
			o.part, o.rest = o.part[:0], true
		} else if !o.rest {
			o.part = append(o.part, line...)
		}
		if ended {
			if !o.rest {
				o.take(o.part)
			}
			o.part, o.rest = o.part[:0], false
		}
	}
	return len(p), nil
}

// slow waits if too much was read in this moment. That is added to it.
func (o *output) slow(n int) {
	if o.read > maxRead {
		time.Sleep(time.Until(o.moment.Add(readMoment)))
	}
	if now := time.Now(); now.Sub(o.moment) >= readMoment {
		o.moment, o.read = now, 0
	}
	o.read += n
}

// take takes a line.
func (o *output) take(line []byte) {
	if isLog(line) {
		if o.fits() {
			o.pass(line)
		}
		return
	}
	if (len(o.print) >= maxPrint || beginsTrace(line)) && !beginsTrace(o.print) {
		o.tell()
	}
	if room := maxPrint - len(o.print); room > 0 {
		o.print = append(append(o.print, line[:min(len(line), room)]...), '\n')
	}
	if o.quiet != nil {
		o.quiet.Reset(quietTime)
		return
	}
	o.quiet = time.AfterFunc(quietTime, func() {
		if text := o.last(); text != "" {
			o.printed(text)
		}
	})
}

// tell tells what was printed, unless some was told a moment ago, and forgets it.
func (o *output) tell() {
	if text := o.text(); text != "" && time.Since(o.told) > quietTime {
		o.told = time.Now()
		o.printed(text)
	}
}

// isLog reports whether line is one that a logger has written.
func isLog(line []byte) bool {
	return bytes.HasPrefix(line, []byte(`{"time":`)) && json.Valid(line)
}

// fits reports whether one more line may be passed on in this second.
func (o *output) fits() bool {
	if now := time.Now(); now.Sub(o.second) > time.Second {
		if over := o.lines - maxLines; over > 0 {
			o.dropped(over)
		}
		o.second, o.lines = now, 0
	}
	o.lines++
	return o.lines <= maxLines
}

// last returns what was printed last that is no line of the log. It is returned once.
func (o *output) last() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.quiet != nil {
		o.quiet.Stop()
	}
	return o.text()
}

func (o *output) text() string {
	text := string(bytes.ToValidUTF8(bytes.TrimSpace(o.print), nil))
	o.print = nil
	return text
}

// end returns what the process said last, and what was cut off in the middle of a line.
func (o *output) end() string {
	o.mu.Lock()
	if len(o.part) > 0 {
		o.take(o.part)
		o.part = nil
	}
	if over := o.lines - maxLines; over > 0 {
		o.dropped(over)
		o.lines = 0
	}
	o.mu.Unlock()
	return o.last()
}
