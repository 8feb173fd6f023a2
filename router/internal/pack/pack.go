// Package pack builds programs that hold some functions, or one, and nothing that these
// do not need: for AWS Lambda, or as containers.
//
// A program is generate.PackageProgram with a catalog of its own, which the go command
// is given in place of router/catalog through an overlay: no file of the project is
// written. The same source, with the same toolchain, gives the same bytes, wherever it
// lies and whenever it is built.
package pack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"switchyard/router/internal/function"
	"switchyard/router/internal/generate"
	"switchyard/router/internal/pack/plan"
)

// Options say what is packaged, and how.
type Options struct {
	plan.Options

	Root string              // the folder of the project's go.mod
	Out  string              // the folder to write into; it need not exist
	All  []function.Function // those of the running program
	// Progress gets a line for what takes longer than two seconds.
	Progress io.Writer
}

// Build packages functions: it writes a zip, or an image, for each unit of the plan that
// it returns, and what describes them to the platform.
func Build(ctx context.Context, o Options) (plan.Plan, error) {
	tree, err := generate.Read(ctx, o.Root)
	if err != nil {
		return plan.Plan{}, err
	}
	if err := check(tree, o.All); err != nil {
		return plan.Plan{}, err
	}
	p, err := plan.New(o.Options, tree.Module())
	if err != nil {
		return plan.Plan{}, err
	}
	if o.Out, err = filepath.Abs(o.Out); err != nil {
		return plan.Plan{}, err
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return plan.Plan{}, fmt.Errorf("make the folder of the output: %w", err)
	}
	p.Version = versionOf(ctx, o.Root, o.Out)
	temp, err := os.MkdirTemp("", "switchyard-package-")
	if err != nil {
		return plan.Plan{}, err
	}
	b := &builder{Options: o, plan: &p, tree: tree, temp: temp}
	if err := errors.Join(b.build(ctx), os.RemoveAll(temp)); err != nil {
		return p, err
	}
	return p, describe(p, o.Out)
}

// check fails unless the source is that of the running program, which describes the
// functions that are built from the source.
func check(tree *generate.Tree, running []function.Function) error {
	if stale, err := tree.Stale(); err != nil {
		return err
	} else if stale {
		return errors.New("the catalog is stale; run `go generate ./...`")
	}
	var names []string
	for _, f := range running {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, tree.Functions()) {
		return errors.New("this router was built of other functions than are here: use `go run ./router package`")
	}
	return nil
}
