package bind

import (
	"math"
	"slices"
	"unicode/utf8"

	"switchyard/internal/lazy"
)

// MinLength reports whether s has at least n characters.
func MinLength(s string, n int) bool { return len(s) >= n && utf8.RuneCountInString(s) >= n }

// MaxLength reports whether s has at most n characters.
func MaxLength(s string, n int) bool { return len(s) <= n || utf8.RuneCountInString(s) <= n }

// MultipleOf reports whether n is a multiple of divisor, which is not 0.
func MultipleOf(n, divisor float64) bool { return math.Mod(n, divisor) == 0 }

// Unique reports whether no two items are equal. Integers have 32 bits at most, since
// JSON Schema compares them as numbers.
func Unique[T comparable](items []T) bool {
	const few = 16
	if len(items) <= few {
		for i, item := range items {
			if slices.Contains(items[:i], item) {
				return false
			}
		}
		return true
	}
	seen := make(map[T]struct{}, len(items))
	for _, item := range items {
		seen[item] = struct{}{}
	}
	return len(seen) == len(items)
}

// Pattern is a regular expression that is compiled at its first use.
type Pattern lazy.Regexp

// Match reports whether s, or a part of it, is as p says.
func (p *Pattern) Match(s string) bool { return (*lazy.Regexp)(p).Get().MatchString(s) }
