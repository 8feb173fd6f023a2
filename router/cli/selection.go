package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/spf13/cobra"

	"switchyard/router/internal/function"
	"switchyard/router/internal/program"
)

// selection says which functions a verb is about: all of them if it says nothing.
type selection struct {
	Only, Except []string // patterns
}

func (s *selection) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&s.Only, "only", nil, "Only functions whose names match this `PATTERN`: 'jobs/**'. May be repeated.")
	f.StringArrayVar(&s.Except, "except", nil, "No functions whose names match this `PATTERN`: 'pages/**'. May be repeated.")
}

// of returns the selected ones of all. The error is a usageError.
func (s selection) of(all []function.Function) ([]function.Function, error) {
	if err := checkPatterns(slices.Concat(s.Only, s.Except), all); err != nil {
		return nil, err
	}
	match := func(patterns []string, f function.Function) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return doublestar.MatchUnvalidated(p, f.Name) })
	}
	var some []function.Function
	for _, f := range all {
		if (len(s.Only) == 0 || match(s.Only, f)) && !match(s.Except, f) {
			some = append(some, f)
		}
	}
	if len(some) == 0 {
		return nil, program.UsageError("--only and --except leave no function")
	}
	return some, nil
}

// checkPatterns returns a usageError if one of the patterns matches none of all.
func checkPatterns(patterns []string, all []function.Function) error {
	for _, pattern := range patterns {
		if !doublestar.ValidatePattern(pattern) {
			return program.UsageError(fmt.Sprintf("the pattern %q is malformed", pattern))
		}
		if !slices.ContainsFunc(all, func(f function.Function) bool { return doublestar.MatchUnvalidated(pattern, f.Name) }) {
			return program.UsageError(fmt.Sprintf("no function matches %q; there are %s", pattern, near(pattern, all)))
		}
	}
	return nil
}

// near lists the names that begin most like pattern, or if none does the folders at
// the top.
func near(pattern string, all []function.Function) string {
	const most = 5
	longest, names := 0, []string{}
	for _, f := range all {
		n := common(pattern, f.Name)
		if n > longest {
			longest, names = n, nil
		}
		if n == longest {
			names = append(names, f.Name)
		}
	}
	if longest == 0 {
		for i := range names {
			folder, _, _ := strings.Cut(names[i], "/")
			names[i] = folder + "/**"
		}
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	if len(names) > most {
		return fmt.Sprintf("%s and %d more like it", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// common returns how long the common beginning of two texts is, in bytes.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
