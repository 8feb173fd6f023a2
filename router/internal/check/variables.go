package check

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// settings are the files in which a project sets variables, below its root.
var settings = []string{".env", ".railway/railway.ts", "railway.toml"} //nolint:gochecknoglobals // a constant

// formerVars says where a name stands that an earlier version read: in the environment,
// and in files of the project, with their lines.
func (p Project) formerVars() (found []string, err error) {
	for _, f := range p.Former {
		if p.Getenv != nil && p.Getenv(f.Name) != "" {
			found = append(found, "the environment: "+f.String())
		}
	}
	for _, name := range settings {
		text, err := os.ReadFile(filepath.Join(p.Root, filepath.FromSlash(name)))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return found, err
		}
		found = append(found, p.formerIn(name, string(text))...)
	}
	return found, nil
}

// formerIn looks for the names in the lines of a file; what a line has after // or # is
// looked at too, since it is what somebody will set next.
func (p Project) formerIn(name, text string) (found []string) {
	for _, f := range p.Former {
		whole := regexp.MustCompile(`\b` + regexp.QuoteMeta(f.Name) + `\b`)
		n := 0
		for line := range strings.Lines(text) {
			if n++; whole.MatchString(line) {
				found = append(found, fmt.Sprintf("%s:%d: %s", name, n, f))
			}
		}
	}
	return found
}
