// Package tool is what the tool, `go tool switchyard`, and a project's router have in
// common: the verbs that work on a project's source, and need no program of it.
package tool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Process is a program that runs, as its verbs see it: they read and write nothing else of it, so that
// a test can run them with what it wants.
type Process struct {
	Ctx         context.Context //nolint:containedctx // the program's own, from main to the verb
	Environ     []string        // NAME=value
	Out, ErrOut io.Writer
}

// Getenv looks a variable up; "" if it is not set.
func (p *Process) Getenv(name string) string {
	value := ""
	for _, kv := range p.Environ {
		if k, v, ok := strings.Cut(kv, "="); ok && k == name {
			value = v // the last one wins, as in os/exec
		}
	}
	return value
}

// Root returns the folder of the project that the working directory is in: the nearest at
// or above it that has a go.mod and a router.
func Root() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the project: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		_, errMod := os.Stat(filepath.Join(dir, "go.mod"))
		_, errRouter := os.Stat(filepath.Join(dir, "router"))
		if err := errors.Join(errMod, errRouter); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("this command needs a project's source: run it inside a checkout, not in %s", start)
		}
	}
}
