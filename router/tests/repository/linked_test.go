package repository_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testLinked wants no function in a program that calls methods by names that the linker cannot know:
// for a single one it keeps every exported method of every type. The dump is what the linker says of
// the program with -dumpdep.
func testLinked(t *testing.T, dump string) {
	t.Helper()
	if !strings.Contains(dump, "\nmain.main -> ") {
		t.Error("the linker does not say what main keeps")
	}
	if ways := lookups(dump); len(ways) > 0 {
		t.Errorf("%d functions call methods by names that the linker cannot know; the first may be the cause of the others:\n\n%s",
			len(ways), strings.Join(ways, "\n\n"))
	}
}

// lookups returns the functions that call methods by names that the linker cannot know, each
// with what leads to it from main. Those to which calls alone lead come first, as they are the
// cause of others: methods of types. In the dump "a -> b" says that a keeps b; either may have marks.
func lookups(dump string) []string {
	keeps, found := map[string][]string{}, map[string]bool{}
	name := func(symbol string) string {
		name, lookup := strings.CutSuffix(symbol, "<ReflectMethod>")
		name = strings.TrimSuffix(strings.TrimSuffix(name, " "), " <UsedInIface>")
		found[name] = found[name] || lookup
		return name
	}
	for line := range strings.Lines(dump) {
		if a, b, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " -> "); ok {
			a, b = name(a), name(b)
			keeps[a] = append(keeps[a], b)
		}
	}
	queue, types := []string{"main.main", "go:main.inittasks"}, []string(nil)
	by := map[string]string{queue[0]: "", queue[1]: ""} // what keeps a symbol, on the way that is taken to it
	var ways []string
	for len(queue) > 0 {
		symbol := queue[0]
		queue = queue[1:]
		if found[symbol] {
			delete(found, symbol)
			ways = append(ways, way(by, symbol))
		}
		for _, next := range keeps[symbol] {
			if _, known := by[next]; known {
				continue
			}
			by[next] = symbol
			if strings.HasPrefix(next, "type:") {
				types = append(types, next)
			} else {
				queue = append(queue, next)
			}
		}
		if len(queue) == 0 {
			queue, types = types, nil
		}
	}
	for symbol, lookup := range found { // main does not lead to these
		if lookup {
			ways = append(ways, symbol)
		}
	}
	return ways
}

// way returns a symbol and what keeps it, and so on, a line each.
func way(by map[string]string, symbol string) string {
	lines := []string{symbol}
	for at := by[symbol]; at != ""; at = by[at] {
		lines = append(lines, "\tof "+at)
	}
	return strings.Join(lines, "\n")
}

func TestLookups(t *testing.T) {
	t.Parallel()
	dump := strings.Join([]string{
		"# switchyard/router",
		"main.main -> go:string.\" <-chan -> \"",
		"main.main -> switchyard/a.Run",
		"switchyard/a.Run -> type:func(<-chan int) <UsedInIface>",
		"switchyard/a.Run -> switchyard/b.Run",
		"switchyard/b.Run -> text/template.evalField <ReflectMethod>",
		"type:func(<-chan int) <UsedInIface> -> reflect.(*rtype).Methods <UsedInIface><ReflectMethod>",
		"text/template.evalField <ReflectMethod> -> main.main",
		"runtime.lost <ReflectMethod> -> main.main",
	}, "\n")
	want := []string{
		"text/template.evalField\n\tof switchyard/b.Run\n\tof switchyard/a.Run\n\tof main.main",
		"reflect.(*rtype).Methods\n\tof type:func(<-chan int)\n\tof switchyard/a.Run\n\tof main.main",
		"runtime.lost",
	}
	if diff := cmp.Diff(want, lookups(dump)); diff != "" {
		t.Error(diff)
	}
	if got := lookups(strings.ReplaceAll(dump, "<ReflectMethod>", "")); got != nil {
		t.Errorf("got %q of a dump that has none", got)
	}
}
