package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"switchyard/bench/product/result"
)

// Rival is a contestant that did some work faster than the product, or with less of the processor.
type Rival struct {
	Title string
	Works []string // "Ping (1.47 to our 1.12)"
	Why   string
	most  float64 // by how much at most
}

// Ahead returns who was ahead of the product, the farthest first.
func (v *view) Ahead() (rivals []Rival) {
	for _, c := range v.Contestants {
		rival := Rival{Title: v.Title(c.Name), Why: why(c.Name)}
		for _, w := range v.Compared() {
			his, ours := w.Score(c.Name), w.Score(result.Product)
			if his == nil || ours == nil {
				continue
			}
			var leads []string
			if w.Pace == 0 && his.Ratio.PerSecond > ours.Ratio.PerSecond {
				leads = append(leads, lead("", his.Ratio.PerSecond, ours.Ratio.PerSecond, his.Spread.PerSecond, ours.Spread.PerSecond))
			}
			if his.Ratio.CPU < ours.Ratio.CPU {
				leads = append(leads, lead("CPU ", his.Ratio.CPU, ours.Ratio.CPU, his.Spread.CPU, ours.Spread.CPU))
			}
			if leads != nil {
				rival.Works = append(rival.Works, w.Title+" ("+strings.Join(leads, "; ")+")")
				rival.most = max(rival.most, his.Ratio.PerSecond/ours.Ratio.PerSecond)
			}
		}
		if len(rival.Works) > 0 {
			rivals = append(rivals, rival)
		}
	}
	slices.SortStableFunc(rivals, func(a, b Rival) int { return cmp.Compare(b.most, a.most) })
	return rivals
}

// On names the works of a rival.
func (r Rival) On() string { return strings.Join(r.Works, ", ") }

// lead says how far the rival is ahead, and whether their rounds overlap.
func lead(of string, his, ours float64, hisSpread, oursSpread [2]float64) string {
	text := fmt.Sprintf("%s%s to our %s", of, ratio(his), ratio(ours))
	if hisSpread[0] <= oursSpread[1] && oursSpread[0] <= hisSpread[1] {
		text += ", within the noise"
	}
	return text
}

// why says what makes a rival fast that the product does without.
func why(contestant string) string {
	switch contestant {
	case "fiber":
		return "fasthttp has a server of its own in place of net/http's. It uses the memory of a request again for the next " +
			"one, makes no context, and knows less of HTTP: no HTTP/2. A handler that keeps a string of a request may find " +
			"another text in it later. We keep net/http, whose contract handlers and libraries know."
	case "hono":
		return "It runs bare: no log line, no request id, no deadline, no metrics; and Node's parser of HTTP is written in C."
	case result.Reference:
		return "What the framework adds costs more there than what it saves."
	}
	return "It has the same features, so nothing excuses it: there is something to mend."
}
