package main

import (
	"fmt"
	"runtime"

	"switchyard/router/internal/app"
)

type versionCmd struct{}

// Run implements the verb.
func (versionCmd) Run(p *program) error {
	v := app.VersionOf(p.getenv)
	_, err := fmt.Fprintf(p.out, "switchyard %s %s %s/%s\n", v.Long, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
