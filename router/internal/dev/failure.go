package dev

import (
	"crypto/rand"
	"errors"
)

// failure is why a change did not go live. It is shown in the terminal and in
// the browser, so nothing secret may get into it.
type failure struct {
	ID      string // different for each failure
	Title   string // what did not work: "The build failed"
	Command string // what was run
	Output  string // what it said
	Shown   bool   // the terminal has seen the output already
}

// Error returns the title and the first line of the output.
func (f *failure) Error() string {
	if f.Output == "" {
		return f.Title
	}
	return f.Title + ": " + firstLine(f.Output)
}

// failed returns a failure of command.
func failed(title, command, output string) *failure {
	return &failure{ID: rand.Text(), Title: title, Command: command, Output: output}
}

// asFailure returns err as what can be shown.
func asFailure(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	return failed("It did not work", "", err.Error())
}
