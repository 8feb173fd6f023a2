// Package generate writes the catalog: the one Go file that lists every function
// below functions/ and wires its fields, by their types, to the services in
// shared/ and the sections of shared/config.
//
// It reads and type-checks the functions without running them, and says
// everything that is wrong with them at once, each problem with file and line and
// what to do about it. See [Catalog].
//
// A function is a folder below functions/ that is not below an internal folder;
// a folder without a Spec that a function above it imports is private to that
// function. A service is a package below shared/ with
//
//	func Open(ctx context.Context, c config.X, other *other.T) (*T, error)
//
// where any number of sections and of other services may be parameters, and
// events.Types, which are all types of events there are. Neither is registered
// anywhere else, so that adding one needs no change here.
//
// An event is a struct with a method EventName that returns a constant. Who
// publishes it is found by the calls of events.Bus.Publish, in functions and in all
// of shared/, by the types of what they are given; who listens, by the Specs of jobs.
//
// Only the go command is needed, for the export data of what functions import.
package generate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Output is the file that [Write] writes, below the root of the module.
const Output = "router/catalog/catalog_gen.go"

// Catalog returns the source of the catalog of the module whose go.mod is in the
// folder root. Its error is an *[Error] if the functions or services are at
// fault.
func Catalog(ctx context.Context, root string) ([]byte, error) {
	t, err := Read(ctx, root)
	if err != nil {
		return nil, err
	}
	return t.all.render(t.module.path)
}

// Write brings the catalog up to date, and reports whether the file had to
// change. If there is an error, the file is left as it was.
func Write(ctx context.Context, root string) (changed bool, err error) {
	source, stale, _, err := compare(ctx, root)
	if err != nil || !stale {
		return false, err
	}
	file := filepath.Join(root, filepath.FromSlash(Output))
	if err := replace(file, source); err != nil {
		return false, fmt.Errorf("write the catalog: %w", err)
	}
	return true, nil
}

// Check reports whether [Write] would change the catalog, and what is odd about
// the functions though it is in nobody's way, in order of file and line.
func Check(ctx context.Context, root string) (stale bool, warnings []Problem, err error) {
	_, stale, warnings, err = compare(ctx, root)
	return stale, warnings, err
}

func compare(ctx context.Context, root string) (source []byte, stale bool, warnings []Problem, err error) {
	t, err := Read(ctx, root)
	if err != nil {
		return nil, false, nil, err
	}
	source, stale, err = t.compare()
	return source, stale, inOrder(t.module.warnings), err
}

// replace writes file in one step, so that a build that runs at the same time
// never reads half a catalog.
func replace(file string, content []byte) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// The leading dot keeps the go command from compiling it.
	tmp, err := os.CreateTemp(dir, ".catalog-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // fails, as it should, once renamed
	_, err = tmp.Write(content)
	if err := errors.Join(err, tmp.Chmod(0o644), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}
