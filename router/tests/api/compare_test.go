package api_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// compare returns how the lines after differ from those before, and of each difference
// whether it can break a caller. The rules are those of golang.org/x/exp/apidiff, which
// itself wants the types of both versions.
func compare(before, after []string) []string {
	var changes []string
	for _, line := range before {
		if line != "" && !slices.Contains(after, line) {
			changes = append(changes, breaks(line)+": - "+line)
		}
	}
	for _, line := range after {
		switch {
		case slices.Contains(before, line):
		case binds(before, line):
			changes = append(changes, breaks(line)+": + "+line)
		default:
			changes = append(changes, "compatible: + "+line)
		}
	}
	return changes
}

// breaks says whom a change that is not compatible concerns.
func breaks(line string) string {
	if strings.HasPrefix(line, "pkg router/wire") {
		return "go generate follows"
	}
	return "breaks callers"
}

// binds reports whether the new line asks more of an interface that others may have
// implemented before.
func binds(before []string, line string) bool {
	head, _, ok := strings.Cut(line, " interface, ")
	if !ok {
		return false
	}
	known := slices.ContainsFunc(before, func(l string) bool {
		name, _, _ := strings.Cut(l, "[") // of type parameters
		return strings.TrimSuffix(name, " interface") == head
	})
	return known && !slices.Contains(before, head+" interface, "+sealed)
}

func TestCompare(t *testing.T) {
	t.Parallel()
	before := []string{
		"pkg a, func F(int)",
		"pkg a, type Open interface",
		"pkg a, type Open interface, M()",
		"pkg a, type Sealed interface",
		"pkg a, type Sealed interface, unexported methods",
		"pkg a, type S struct",
		"pkg router/wire, type Env struct",
	}
	after := []string{
		"pkg a, func F(int, ...string)",
		"pkg a, func G()",
		"pkg a, type New interface",
		"pkg a, type New interface, M()",
		"pkg a, type Open interface",
		"pkg a, type Open interface, M()",
		"pkg a, type Open interface, N()",
		"pkg a, type Sealed interface",
		"pkg a, type Sealed interface, N()",
		"pkg a, type Sealed interface, unexported methods",
		"pkg a, type S struct",
		"pkg a, type S struct, Field int",
	}
	want := []string{
		"breaks callers: - pkg a, func F(int)",
		"go generate follows: - pkg router/wire, type Env struct",
		"compatible: + pkg a, func F(int, ...string)",
		"compatible: + pkg a, func G()",
		"compatible: + pkg a, type New interface",
		"compatible: + pkg a, type New interface, M()",
		"breaks callers: + pkg a, type Open interface, N()",
		"compatible: + pkg a, type Sealed interface, N()",
		"compatible: + pkg a, type S struct, Field int",
	}
	if diff := cmp.Diff(want, compare(before, after)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
