// Command catalog writes the catalog of the module it is run in: see package
// generate. It is what go generate runs, and stands apart from the router, which
// does not compile while the catalog does not.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"switchyard/router/internal/generate"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) //nolint:forbidigo // the first context
	err := run(ctx, os.Stderr)
	stop()
	if err != nil {
		os.Exit(1)
	}
}

// run writes the catalog, and what is in the way of that to w.
func run(ctx context.Context, w io.Writer) error {
	root, err := findRoot()
	if err == nil {
		_, err = generate.Write(ctx, root)
	}
	if err != nil {
		_, _ = fmt.Fprintln(w, err)
	}
	return err
}

// findRoot returns the folder of the go.mod that governs the working directory.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		switch parent := filepath.Dir(dir); {
		case err == nil:
			return dir, nil
		case !errors.Is(err, os.ErrNotExist):
			return "", err
		case parent == dir:
			return "", errors.New("there is no go.mod here or above: run this inside the module")
		default:
			dir = parent
		}
	}
}
