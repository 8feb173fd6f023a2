package isolation

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Table writes the results for people.
func Table(out io.Writer, results []Result) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range rows(results) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// Markdown writes the results as a table of Markdown.
func Markdown(out io.Writer, results []Result) error {
	var b strings.Builder
	for i, row := range rows(results) {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(&b, "|%s\n", strings.Repeat(" --- |", len(row)))
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// rows returns a row of titles, and one for each neighbour, with columns for each mode.
func rows(results []Result) [][]string {
	modes := modesOf(results)
	titles := []string{"Neighbour"}
	for _, m := range modes {
		titles = append(titles, string(m)+": errors", "p99, ms", "alive", "named by")
	}
	all := [][]string{titles}
	for len(results) > 0 {
		name := results[0].Neighbour
		n := 0
		row := []string{name}
		for ; n < len(results) && results[n].Neighbour == name; n++ {
			r := results[n]
			row = append(row, r.errors(), r.p99(), r.alive(), r.Named())
		}
		all, results = append(all, row), results[n:]
	}
	return all
}

func modesOf(results []Result) []Mode {
	var modes []Mode
	for _, r := range results {
		if !slices.Contains(modes, r.Mode) {
			modes = append(modes, r.Mode)
		}
	}
	return modes
}
