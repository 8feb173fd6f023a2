package cli

import (
	"fmt"
	"runtime"

	"switchyard/internal/project"
	"switchyard/router/internal/app"
)

type versionCmd struct{}

// Run implements the verb.
func (versionCmd) Run(p *program) error {
	_, err := fmt.Fprintln(p.out, p.version())
	return err
}

// version says what this program is made of, in a line.
func (p *program) version() string {
	v := app.VersionOf(p.getenv)
	return fmt.Sprintf("%s %s %s %s/%s", project.Name(), v.Long, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
