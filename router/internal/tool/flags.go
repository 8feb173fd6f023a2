package tool

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// OneOf returns a flag that sets p to one of some words. What p begins as may be said, too.
func OneOf[T ~string](p *T, words ...string) pflag.Value {
	return &choice[T]{p, *p, words}
}

// choice is a flag of some words.
type choice[T ~string] struct {
	p       *T
	initial T
	words   []string
}

// Set implements [pflag.Value].
func (c *choice[T]) Set(word string) error {
	if T(word) != c.initial && !slices.Contains(c.words, word) {
		return fmt.Errorf("want one of %s", strings.Join(c.words, ", "))
	}
	*c.p = T(word)
	return nil
}

// String implements [pflag.Value].
func (c *choice[T]) String() string { return string(*c.p) }

// Type implements [pflag.Value]: it is what stands in place of a word in help.
func (c *choice[T]) Type() string { return strings.Join(c.words, "|") }

// Path returns a path that somebody has given as an absolute one, "" if it is none. It begins
// with the home folder where a shell has left the tilde: --state=~/orders.
func Path(given string) (string, error) {
	if given == "" {
		return "", nil
	}
	if below, ok := strings.CutPrefix(given, "~/"); ok {
		home, err := os.UserHomeDir()
		return filepath.Join(home, below), err
	}
	return filepath.Abs(given)
}
