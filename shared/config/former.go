package config

import (
	"fmt"
	"strings"
)

// Former is a name of a variable that an earlier version read.
type Former struct {
	Name  string
	Since string // the version that reads another name: "v0.3.0"
	// Now is the variable that took its place; "" if nothing did. For one minor version
	// it has Name as another name (the tag also), so that both work.
	Now string
	// Why says what to do if nothing took its place.
	Why string
}

// former lists them, the latest version first. No version has renamed a variable yet.
var former []Former //nolint:gochecknoglobals // a constant

// FormerVars returns the names of variables that earlier versions read. They are to be
// looked for wherever a project sets variables.
func FormerVars() []Former { return former }

// String says what to do.
func (f Former) String() string {
	if f.Now != "" {
		return fmt.Sprintf("%s is called %s since %s: rename it", f.Name, f.Now, f.Since)
	}
	return strings.TrimSuffix(fmt.Sprintf("%s is not read since %s: %s", f.Name, f.Since, f.Why), ": ")
}
