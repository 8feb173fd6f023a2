package terminal_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"switchyard/router/internal/dev/terminal"
)

// screen is what a terminal shows.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func TestTerminal(t *testing.T) {
	t.Parallel()
	out := &screen{}
	term := terminal.New(out, false)
	k := term.Begin("S3")
	app := term.Lines()
	fmt.Fprint(app, "half a li")
	k.Done("port 1\nand more")
	fmt.Fprint(app, "ne\nnext")
	term.Begin("Inngest").Fail("no")
	term.Begin("called off").Drop()
	f := terminal.Failed("The build failed", "go build ./router", strings.Repeat("line\n", 100))
	term.Problem(f)
	got := out.String()
	for _, want := range []string{
		"  ✓ S3          ", " s  port 1\nhalf a line\n", "  ✗ Inngest ",
		"  ✗ The build failed  go build ./router\n    line\n", "    …\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the terminal does not show %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "called off") || strings.Contains(got, "\x1b") || strings.Count(got, "    line\n") != 40 {
		t.Errorf("the terminal shows too much:\n%s", got)
	}
}

// TestTerminalKeepsLinesWhole lets many write at once.
func TestTerminalKeepsLinesWhole(t *testing.T) {
	t.Parallel()
	out := &screen{}
	term := terminal.New(out, true)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			w := term.Lines()
			for range 100 {
				fmt.Fprint(w, "abc")
				fmt.Fprint(w, "def\n")
			}
		})
		all.Go(func() {
			for range 100 {
				term.Say("said")
			}
		})
	}
	all.Wait()
	for line := range strings.Lines(out.String()) {
		if line != "abcdef\n" && line != "said\n" {
			t.Fatalf("a broken line: %q", line)
		}
	}
}
