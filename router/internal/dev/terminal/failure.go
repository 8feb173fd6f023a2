package terminal

import (
	"crypto/rand"
	"errors"
)

// ReleaseError says why a change did not go live. It is shown in the terminal and in
// the browser, so nothing secret may get into it.
type ReleaseError struct {
	ID      string // different for each failure
	Title   string // what did not work: "The build failed"
	Command string // what was run
	Output  string // what it said
	Shown   bool   // the terminal has seen the output already
}

// Error returns the title and the first line of the output.
func (f *ReleaseError) Error() string {
	if f.Output == "" {
		return f.Title
	}
	return f.Title + ": " + FirstLine(f.Output)
}

// Failed returns a failure of command.
func Failed(title, command, output string) *ReleaseError {
	return &ReleaseError{ID: rand.Text(), Title: title, Command: command, Output: output}
}

// AsFailure returns err as what can be shown.
func AsFailure(err error) *ReleaseError {
	if f, ok := errors.AsType[*ReleaseError](err); ok {
		return f
	}
	return Failed("It did not work", "", err.Error())
}
