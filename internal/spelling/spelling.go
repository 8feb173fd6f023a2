// Package spelling finds the name that somebody has most likely misspelt.
package spelling

import "strings"

// Near returns the one of names that want most likely is a misspelling of; "" if none is like it.
func Near(want string, names []string) string {
	best, bestDistance := "", 3
	for _, name := range names {
		d := Distance(strings.ToLower(name), strings.ToLower(want))
		if stem(name, want) {
			d = min(d, 2)
		}
		if name != want && d < bestDistance {
			best, bestDistance = name, d
		}
	}
	return best
}

// stem reports whether one of the names begins with the other: Func, Function.
func stem(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	return min(len(a), len(b)) >= 4 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
}

// Distance returns how many letters have to be inserted, deleted or replaced to turn a into b.
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
