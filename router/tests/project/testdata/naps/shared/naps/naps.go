// Package naps has what the functions of the test have in common.
package naps

import (
	"fmt"
	"os"
)

// Wanted says that somebody wants to sleep between two steps.
type Wanted struct {
	File    string `json:"file"` // gets a line for each step that runs
	Seconds int    `json:"seconds"`
}

func (Wanted) EventName() string { return "naps/wanted" }

// Note adds a line to the file.
func (w Wanted) Note(line string) error {
	f, err := os.OpenFile(w.File, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = fmt.Fprintln(f, line)
	return err
}
