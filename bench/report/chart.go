package main

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	draw "github.com/go-analyze/charts"

	"switchyard/bench/product/result"
)

// Chart is a picture of the page.
type Chart struct {
	File string // beside the page
	Alt  string // what it shows, in words
}

// charts returns all pictures, by their path below the repository's root.
func (v *view) charts() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, w := range v.Fast() {
		picture, err := bars(v.ranking(w))
		if err != nil {
			return nil, fmt.Errorf("draw %s: %w", w.Name, err)
		}
		files[path.Join("docs", v.Bars(w).File)] = picture
	}
	for _, c := range v.Curves {
		for _, unit := range units(c) {
			picture, err := lines(c, unit)
			if err != nil {
				return nil, fmt.Errorf("draw %s: %w", c.Name, err)
			}
			files[path.Join("docs", line(c, unit).File)] = picture
		}
	}
	return files, nil
}

// bar is a contestant's ratio.
type bar struct {
	title string
	ratio float64
	ours  bool
}

// ranking returns the ratios of a work, the greatest last.
func (v *view) ranking(w result.Work) (all []bar) {
	for _, s := range w.Results {
		all = append(all, bar{v.Title(s.Contestant), s.Ratio.PerSecond, s.Contestant == result.Product})
	}
	slices.SortStableFunc(all, func(a, b bar) int { return cmp.Compare(a.ratio, b.ratio) })
	return all
}

// Bars returns the chart of a work.
func (v *view) Bars(w result.Work) Chart {
	var parts []string
	for _, b := range slices.Backward(v.ranking(w)) {
		parts = append(parts, b.title+" "+ratio(b.ratio))
	}
	alt := fmt.Sprintf("%s, requests a second: %s.", w.Title, strings.Join(parts, ", "))
	return Chart{"performance/" + w.Name + ".svg", alt}
}

// Curve returns the charts of a curve: one for each unit.
func (v *view) Curve(c result.Curve) (all []Chart) {
	for _, unit := range units(c) {
		all = append(all, line(c, unit))
	}
	return all
}

func line(c result.Curve, unit string) Chart {
	var parts []string
	for _, s := range c.Series {
		if s.Unit == unit && len(s.Y) > 0 {
			parts = append(parts, fmt.Sprintf("%s from %s to %s %s", s.Name, number(s.Y[0]), number(s.Y[len(s.Y)-1]), unit))
		}
	}
	alt := fmt.Sprintf("%s, for %s %s: %s.", c.Title, sizes(c.X), c.Unit, strings.Join(parts, "; "))
	return Chart{"performance/" + slug(c.Name+" "+unit) + ".svg", alt}
}

// units returns the units of a curve's series, each once.
func units(c result.Curve) (all []string) {
	for _, s := range c.Series {
		if !slices.Contains(all, s.Unit) {
			all = append(all, s.Unit)
		}
	}
	return all
}

// slug returns a text as a name of a file.
func slug(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(strings.ReplaceAll(text, "µ", "u")), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}), "-")
}

// theme has no background, and greys that can be read on white and on black alike:
// 4 to 1 at least.
func theme() draw.ColorPalette {
	grey := draw.ColorRGB(0x74, 0x7d, 0x87)
	return draw.MakeTheme(draw.ThemeOption{
		AxisStrokeColor: grey, AxisSplitLineColor: grey.WithAlpha(60), TextColor: grey, BackgroundColor: draw.ColorTransparent,
		SeriesColors: []draw.Color{
			draw.ColorRGB(0x1f, 0x88, 0xd9), draw.ColorRGB(0x9a, 0xa3, 0xad), draw.ColorRGB(0xd9, 0x70, 0x1f), draw.ColorRGB(0x2f, 0xa3, 0x60),
		},
	})
}

func bars(all []bar) ([]byte, error) {
	var names []string
	values := [2][]float64{} // ours and theirs, which have colours of their own
	for _, b := range all {
		names = append(names, b.title+"  ")
		ours, theirs := 0.0, b.ratio
		if b.ours {
			ours, theirs = b.ratio, 0
		}
		values[0], values[1] = append(values[0], ours), append(values[1], theirs)
	}
	o := draw.NewBarChartOptionWithData(values[:])
	o.Theme, o.Horizontal, o.StackSeries = theme(), true, new(true)
	o.CategoryAxis.Labels, o.CategoryAxis.LabelFontStyle.FontSize = names, 12
	o.ValueAxis[0].Min, o.ValueAxis[0].LabelFontStyle.FontSize = new(0.0), 12
	for i := range o.SeriesList {
		label := &o.SeriesList[i].Label
		label.Show, label.ValueFormatter, label.FontStyle.FontColor = new(true), shown, o.Theme.GetLabelTextColor()
	}
	p := painter(60 + 26*len(all))
	if err := p.BarChart(o); err != nil {
		return nil, err
	}
	return p.Bytes()
}

// shown writes a ratio beside its bar, and nothing where the bar has the other colour.
func shown(x float64) string {
	if x == 0 {
		return ""
	}
	return ratio(x)
}

func lines(c result.Curve, unit string) ([]byte, error) {
	var values [][]float64
	var names []string
	for _, s := range c.Series {
		if s.Unit != unit {
			continue
		}
		y := slices.Clone(s.Y)
		for len(y) < len(c.X) {
			y = append(y, draw.GetNullValue())
		}
		values, names = append(values, y), append(names, s.Name)
	}
	o := draw.NewLineChartOptionWithData(values)
	o.Theme, o.Legend.SeriesNames = theme(), names
	o.XAxis.Labels, o.XAxis.Title = nil, c.Unit
	for _, x := range c.X {
		o.XAxis.Labels = append(o.XAxis.Labels, number(x))
	}
	o.YAxis[0].Title, o.YAxis[0].Min = unit, new(0.0)
	p := painter(280)
	if err := p.LineChart(o); err != nil {
		return nil, err
	}
	return p.Bytes()
}

func painter(height int) *draw.Painter {
	return draw.NewPainter(draw.PainterOptions{OutputFormat: draw.ChartOutputSVG, Width: 720, Height: height, Theme: theme()})
}
