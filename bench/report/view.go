package main

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"switchyard/bench/product/result"
)

//go:embed *.tmpl
var templates embed.FS

func render(name string, v *view) ([]byte, error) {
	t, err := template.New(name).Funcs(template.FuncMap{
		"ratio": ratio, "number": number, "missed": missed, "join": strings.Join,
		"tenths": func(x float64) string { return number(10 * x) },
	}).ParseFS(templates, name)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("write %s: %w", strings.TrimSuffix(name, ".tmpl"), err)
	}
	return b.Bytes(), nil
}

// view is the results as the templates ask for them.
type view struct{ *result.Results }

func newView(r *result.Results) *view { return &view{r} }

// Title returns how people call a contestant.
func (v *view) Title(name string) string {
	for _, c := range v.Contestants {
		if c.Name == name {
			return c.Title
		}
	}
	return name
}

// WorkTitle returns how people call a work.
func (v *view) WorkTitle(name string) string {
	for _, w := range v.Works {
		if w.Name == name {
			return w.Title
		}
	}
	return name
}

// Compared returns the works of which there are ratios to the reference.
func (v *view) Compared() (works []result.Work) {
	for _, w := range v.Works {
		if ours := w.Score(result.Product); ours != nil && ours.Ratio.CPU != 0 {
			works = append(works, w)
		}
	}
	return works
}

// few is how many contestants are too few for a column, or a chart.
const few = 2

// Broad returns the works that more than the product and the reference do.
func (v *view) Broad() []result.Work {
	return slices.DeleteFunc(v.Compared(), func(w result.Work) bool { return len(w.Results) <= few })
}

// Narrow returns the works that only the product and the reference do.
func (v *view) Narrow() []result.Work {
	return slices.DeleteFunc(v.Compared(), func(w result.Work) bool { return len(w.Results) > few })
}

// Fast returns the broad works that are done as fast as can be.
func (v *view) Fast() []result.Work {
	return slices.DeleteFunc(v.Broad(), func(w result.Work) bool { return w.Pace != 0 })
}

// Cell writes the ratios of a contestant: of a work with a pace that of the processor alone.
func (v *view) Cell(w result.Work, contestant string) string {
	s := w.Score(contestant)
	switch {
	case s == nil:
		return "–"
	case w.Pace != 0:
		return "(" + ratio(s.Ratio.CPU) + ")"
	}
	return ratio(s.Ratio.PerSecond) + " (" + ratio(s.Ratio.CPU) + ")"
}

// Lines returns how many lines the product wrote for a request of a work.
func (v *view) Lines(work string) float64 {
	var lines []float64
	if s := v.Score(work, result.Product); s != nil {
		for _, r := range s.Rounds {
			lines = append(lines, r.Lines)
		}
	}
	return result.Median(lines)
}

// Met returns how many gates were met.
func (v *view) Met() (n int) {
	for _, g := range v.Gates {
		if g.Met {
			n++
		}
	}
	return n
}

// Seconds returns how long each contestant was measured in a round.
func (v *view) Seconds() float64 { return float64(v.Settings.EachMs) / 1000 }

// Memory returns the machine's memory in GiB.
func (v *view) Memory() float64 { return float64(v.Machine.MemoryMiB) / 1024 }

// Measure returns how people call what a gate measures.
func (v *view) Measure(name string) string {
	switch name {
	case "perSecond":
		return "requests a second, ratio"
	case "cpu":
		return "CPU a request, ratio"
	case "startMs":
		return "start to first answer, ms"
	case "idleMiB":
		return "memory idle, MiB"
	case "loadedMiB":
		return "memory loaded, MiB"
	}
	return name
}

// Of returns the line "42, because …" of sizes that a curve leaves out.
func (v *view) Of(c result.Curve) string { return sizes(c.NotRun) + " " + c.Unit + ": " + c.Why }

// At returns the value of a series at a size.
func (v *view) At(s result.Series, i int) string {
	if i >= len(s.Y) {
		return "–"
	}
	return number(s.Y[i])
}

func sizes(all []float64) string {
	var texts []string
	for _, x := range all {
		texts = append(texts, number(x))
	}
	return strings.Join(texts, ", ")
}

// ratio writes a ratio, or a dash for none.
func ratio(x float64) string {
	if x == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", x)
}

// missed writes a figure that misses a target, with as many digits as it takes to see that.
func missed(value, target float64) string {
	text := number(value)
	for digits := 4; text == number(target) && digits < 10; digits++ {
		text = fmt.Sprintf("%.*g", digits, value)
	}
	return text
}

// number writes a figure with three digits that count, and groups of thousands.
func number(x float64) string {
	switch {
	case x == 0:
		return "–"
	case x < 10:
		return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", x), "0"), ".")
	case x < 100:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0")
	}
	digits := fmt.Sprintf("%.0f", x)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
