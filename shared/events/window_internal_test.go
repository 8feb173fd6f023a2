package events

import (
	"maps"
	"testing"
	"time"
)

// A window grows to what begins within two seconds, and shrinks when less does.
func TestWindow(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w := &Window{Size: minWindow}
	step := func(after time.Duration, begun int, full bool) int {
		at = at.Add(after)
		w.Full = w.Full || full
		w.measured(at, begun)
		return w.Size
	}
	for i, tt := range []struct {
		after time.Duration
		begun int
		full  bool
		want  int
	}{
		{0, 0, true, 16},
		{time.Second, 16, true, 32},              // at most twice as large
		{200 * time.Millisecond, 10, true, 32},   // too early to say
		{300 * time.Millisecond, 22, true, 64},   // a window's worth
		{time.Second, 40, true, 80},              // what begins within two seconds
		{time.Second, 4, false, 80},              // nobody knows what would begin
		{time.Second, 4, true, 40},               // at least half
		{time.Second, 0, true, 20},               //
		{time.Second, 0, true, 16},               // and never less than this
		{10 * time.Second, 0, true, 16},          //
		{time.Second, 1_000_000, true, 32},       //
		{-time.Hour, 5, true, 32},                // the clock was set back
		{100 * time.Millisecond, 33, true, 64},   //
		{time.Millisecond, 64, true, 128},        //
		{2 * time.Millisecond, 128, true, 256},   //
		{2 * time.Millisecond, 256, true, 512},   //
		{2 * time.Millisecond, 512, true, 1024},  //
		{2 * time.Millisecond, 1024, true, 2000}, // nor more than this
		{2 * time.Millisecond, 2000, true, 2000}, //
	} {
		if got := step(tt.after, tt.begun, tt.full); got != tt.want {
			t.Errorf("step %d: the window is %d, want %d", i, got, tt.want)
		}
	}
}

// What there is to remember of names is bounded, and forgotten.
func TestWindowsAreForgotten(t *testing.T) {
	t.Parallel()
	ws, at := windows{}, time.Now()
	many := map[string]int{}
	for i := range 3 * maxWindows {
		many[string(rune(i+1))] = 1
	}
	ws.measured(at, many, nil)
	if len(ws) != maxWindows {
		t.Errorf("%d windows, want %d", len(ws), maxWindows)
	}
	if w := ws.of("another"); w.Size != minWindow {
		t.Errorf("a name of which nothing is known has %d", w.Size)
	}
	maps.Values(ws)(func(w *Window) bool { w.Size = maxWindow; return false })
	for range 10 {
		at = at.Add(time.Minute)
		ws.measured(at, nil, nil)
	}
	if len(ws) != 0 {
		t.Errorf("%d windows are remembered of which nothing is in flight", len(ws))
	}
}

// The window of an Inngest that has begun all of it whenever a relay looks widens, too.
func TestWindowOfAFastInngest(t *testing.T) {
	t.Parallel()
	ws, now, sent := windows{}, time.Now(), map[string]int{}
	for range 20 {
		ws.measured(now, nil, sent)
		w := ws.of("a")
		w.Full, sent = true, map[string]int{"a": w.Size}
		now = now.Add(fullPause)
	}
	if got := ws.of("a").Size; got < 1000 {
		t.Errorf("the window is %d", got)
	}
}
