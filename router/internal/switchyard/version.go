package main

import (
	"fmt"

	"switchyard/router/internal/tool"
	"switchyard/router/internal/version"
)

type versionCmd struct{}

// Run implements the verb.
func (versionCmd) Run(w *tool.World) error {
	_, err := fmt.Fprintln(w.Out, version.OfFramework())
	return err
}
