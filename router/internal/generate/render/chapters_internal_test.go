package render

import (
	"fmt"
	"slices"
	"testing"

	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/generate/source"
	"switchyard/router/internal/generate/wiring"
)

// named returns the names of the functions in each chapter.
func named(chapters [][]wiring.Wired) (all []string) {
	for _, s := range chapters {
		text := ""
		for _, f := range s {
			text += " " + f.Name()
		}
		all = append(all, text)
	}
	return all
}

// Chapters are small, and a new function changes one of them, or divides it.
func TestChapters(t *testing.T) {
	t.Parallel()
	var all []wiring.Wired
	for i := range 5000 {
		folder := &source.Folder{Dir: fmt.Sprintf("functions/api/f%04d", i)}
		all = append(all, wiring.Wired{Function: &function.Function{Folder: folder}})
	}
	before := chapters(all)
	if got := slices.Concat(before...); len(got) != len(all) || got[4999].Name() != "api/f4999" {
		t.Fatalf("%d functions in all", len(got))
	}
	for _, s := range before {
		if len(s) == 0 || len(s) > 1000 {
			t.Errorf("a chapter has %d functions", len(s))
		}
	}
	less := slices.Delete(slices.Clone(all), 2500, 2501)
	had, has := named(before), named(chapters(less))
	same := 0
	for _, one := range has {
		if slices.Contains(had, one) {
			same++
		}
	}
	if same < len(has)-2 || len(before) < 20 {
		t.Errorf("of %d chapters %d are the same without a function", len(before), same)
	}
}
