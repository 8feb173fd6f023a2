// Package lazy makes what a program may never need when it first needs it.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp is a regular expression that is compiled at its first use: Regexp{Source: `^a+$`}. A
// router has patterns for all of its verbs, and each start would compile and keep those of the
// verbs that do not run.
type Regexp struct {
	Source string

	once     sync.Once
	compiled *regexp.Regexp
}

// Get returns the compiled expression. It panics if Source is none.
func (r *Regexp) Get() *regexp.Regexp {
	r.once.Do(func() { r.compiled = regexp.MustCompile(r.Source) })
	return r.compiled
}
