package events

import "time"

// The measures of windows.
const (
	minWindow = 16   // events of a name that may be in flight, however slow its runs begin
	maxWindow = 2000 // and however fast
	// maxInFlight bounds the events of all names together.
	maxInFlight = 5000
	// queueing is how long an event should wait at Inngest until its run begins. What waits
	// longer there is better kept in the outbox, where it holds up nothing else.
	queueing = 2 * time.Second
	// measureFor is the longest time over which the rate of a window is measured.
	measureFor = time.Second
	// maxWindows bounds the names whose windows are remembered.
	maxWindows = 1000
)

// Window is how many events of one name may be in flight: Inngest has them, and no run of
// them has begun.
type Window struct {
	Size     int `json:"size"`
	InFlight int `json:"inFlight"`

	// What its next size is derived from.
	From  time.Time `json:"from"`  // since when it has been measured
	Begun int       `json:"begun"` // events whose runs began since then
	Full  bool      `json:"full"`  // since then more could have been sent
}

// measured takes note that some events have begun, and derives the next size when a
// window's worth of them has, or [measureFor] is over: as many as begin within [queueing].
// It is at most twice the size before, and at least half of it. A window that was never
// full stays as it is: how fast Inngest could be is not known. While nothing is sent it
// shrinks, and is forgotten.
func (w *Window) measured(now time.Time, begun int) {
	w.Begun += begun
	took := now.Sub(w.From)
	switch {
	case w.From.IsZero() || took < 0:
		w.From, w.Begun, w.Full = now, 0, false
	case took < measureFor && w.Begun < w.Size, took <= 0:
	default:
		switch {
		case w.Full:
			size := int(float64(w.Begun) * float64(queueing) / float64(took))
			w.Size = min(max(size, w.Size/2, minWindow), 2*w.Size, maxWindow)
		case w.Begun == 0 && w.InFlight == 0: // Inngest may have become another one
			w.Size = max(w.Size/2, minWindow)
		}
		w.From, w.Begun, w.Full = now, 0, false
	}
}

// windows are those of names, for as long as there is something to remember of them.
type windows map[string]*Window

// of returns the window of name.
func (ws windows) of(name string) *Window {
	w := ws[name]
	if w == nil {
		w = &Window{Size: minWindow}
		if len(ws) < maxWindows {
			ws[name] = w
		}
	}
	return w
}

// measured is [Window.measured] of all, given what is in flight now and how many have begun
// since the last time.
func (ws windows) measured(now time.Time, inFlight, begun map[string]int) {
	for name := range inFlight {
		ws.of(name)
	}
	for name, w := range ws {
		w.measured(now, begun[name])
		w.InFlight = inFlight[name]
		if w.InFlight == 0 && begun[name] == 0 && !w.Full && w.Size == minWindow {
			delete(ws, name)
		}
	}
}
