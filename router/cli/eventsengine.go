package cli

import (
	"fmt"
	"strconv"
	"time"

	"switchyard/shared/db"
	"switchyard/shared/events"
)

// printEngine prints a line that says why Inngest does not work, unless it works.
func (p *process) printEngine(d *db.DB, e events.Engine) error {
	if e.State == events.Working {
		return nil
	}
	depth, err := events.Depth(p.Ctx, d)
	if err != nil {
		return err
	}
	fmt.Fprintln(p.Out, verdict(e, depth))
	return nil
}

// verdict says since when Inngest does not work, why, and what that holds up.
func verdict(e events.Engine, depth map[events.State]float64) string {
	return fmt.Sprintf("Inngest is %s since %s (%s): %s; %s in flight, %s waiting.", e.State,
		e.Since.UTC().Format(time.TimeOnly+"Z"), age(e.Since), plain(e.Reason), grouped(depth[events.Sent]), grouped(depth[events.Waiting]))
}

// grouped returns a count with its thousands set apart: 4,211.
func grouped(n float64) string {
	text := strconv.FormatFloat(n, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
