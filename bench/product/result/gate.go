package result

import "slices"

// target is what the product has to reach beside the reference, by work: requests a
// second at least, processor time at most.
type target struct {
	work           string
	perSecond, cpu float64
}

func targets() []target {
	return []target{
		{"ping", 1.10, 0.92},
		{"echo", 1.25, 0.80},
		{"row", 1.05, 0.95},
		{"list", 1.10, 0.92},
		{"cached", 1.50, 0.65},
		{"page", 2.30, 0.45},
	}
}

// factor is how many times as many requests a second the product has to answer as a rival.
func factor(rival, work string) float64 {
	switch {
	case rival == "astro":
		return 10
	case rival == "hono" && work == "list":
		return 2
	}
	return 1
}

// Judge sets the gates: the product beside the reference and its rivals, its start and
// its memory. What was not measured has no gate, and fiber has none: where it is ahead,
// the report says so.
func (r *Results) Judge() {
	r.Gates = nil
	for _, t := range targets() {
		if ours := r.Score(t.work, Product); ours != nil && ours.Ratio.PerSecond != 0 {
			r.gate(t.work, "perSecond", Reference, true, t.perSecond, ours.Ratio.PerSecond)
			r.gate(t.work, "cpu", Reference, false, t.cpu, ours.Ratio.CPU)
		}
	}
	for _, rival := range []string{"gin", "chi", "echo", "huma", "hono", "astro"} {
		for _, t := range targets() {
			ours, his := r.Score(t.work, Product), r.Score(t.work, rival)
			if ours != nil && his != nil {
				r.gate(t.work, "perSecond", rival, true, factor(rival, t.work), Over(ours, his))
			}
		}
	}
	for _, c := range r.Contestants {
		if c.Name == Product {
			r.gate("", "startMs", "", false, 30, c.StartMs)
			r.gate("", "idleMiB", "", false, 30, c.IdleMiB)
			r.gate("", "loadedMiB", "", false, 45, c.LoadedMiB)
		}
	}
}

func (r *Results) gate(work, measure, against string, atLeast bool, target, value float64) {
	if value == 0 {
		return
	}
	met := value <= target
	if atLeast {
		met = value >= target
	}
	r.Gates = append(r.Gates, Gate{work, measure, Product, against, atLeast, target, value, met})
}

// Missed returns the gates that were not met.
func (r *Results) Missed() []Gate {
	return slices.DeleteFunc(slices.Clone(r.Gates), func(g Gate) bool { return g.Met })
}

// Score returns how a contestant did a work, or nil.
func (r *Results) Score(work, contestant string) *Score {
	for _, w := range r.Works {
		if w.Name == work {
			return w.Score(contestant)
		}
	}
	return nil
}

// Score returns how a contestant did the work, or nil.
func (w Work) Score(contestant string) *Score {
	i := slices.IndexFunc(w.Results, func(s Score) bool { return s.Contestant == contestant })
	if i < 0 {
		return nil
	}
	return &w.Results[i]
}

// Over returns how many times as many requests a second a has answered as b: the median
// over the rounds that both have had.
func Over(a, b *Score) float64 {
	var all []float64
	for i := range min(len(a.Rounds), len(b.Rounds)) {
		if b.Rounds[i].PerSecond > 0 {
			all = append(all, a.Rounds[i].PerSecond/b.Rounds[i].PerSecond)
		}
	}
	return Median(all)
}

// Median returns the middle of some figures, and 0 of none.
func Median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
