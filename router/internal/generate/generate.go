// Package generate writes the catalog: the one Go file that lists every function
// below functions/ and wires its fields, by their types, to the services in
// shared/ and the sections of the environment. Of many functions it has chapters,
// packages of their own.
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
// events.Types, which are all types of events there are, and fn.Project. Neither is
// registered anywhere else, so that adding one needs no change here.
//
// A folder may lend a function of another module, or of this one: its Function is then an
// alias, and its Spec the lender's or a change of it by fn.Change. All else is read from
// the source of the lender. Services, sections and events are found in shared/ of this
// module, of the framework and of those who lend; a service has its tables in a schema.hcl
// beside its code.
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
	"strings"

	"switchyard/internal/schema"
	"switchyard/router/internal/generate/function"
	"switchyard/router/internal/generate/render"
	"switchyard/router/internal/generate/source"
)

// The files that [Write] writes beside the packages of bindings and chapters, below the root of the
// module. Without SQL files there is no ScriptsOutput.
const (
	Output        = render.Output
	SchemaOutput  = source.CatalogDir + "/" + schema.GeneratedHCL
	ScriptsOutput = source.CatalogDir + "/" + schema.GeneratedSQL
)

// Problem is one thing that keeps the catalog from being written, or a warning.
type Problem = source.Problem

// Error is everything that is wrong with the functions and services.
type Error = source.Error

// Result says what was written, or would be, and of what.
type Result struct {
	// Changed are the files whose content was not what it should be, relative to the
	// root of the module.
	Changed []string `json:"changed"`
	// Warnings say what is odd though it is in nobody's way; Problems are what keeps
	// files from being written. Both are in order of file and line.
	Warnings []Problem `json:"warnings"`
	Problems []Problem `json:"problems"`
	// Tables say, a text each, what changes of the program's tables.
	Tables []string `json:"tables,omitempty"`
	// Unknown are the places in the project with SQL of which the tables are not known.
	Unknown []Problem `json:"unknown,omitempty"`
	// How many there are.
	Functions int `json:"functions"`
	Services  int `json:"services"`
	Events    int `json:"events"`
	Templates int `json:"templates"`
}

// String returns the result in one line.
func (r Result) String() string {
	const most = 5
	what := "all is fresh"
	if n := len(r.Changed); n > most {
		what = fmt.Sprintf("wrote %s and %d more files", strings.Join(r.Changed[:most], ", "), n-most)
	} else if n > 0 {
		what = "wrote " + strings.Join(r.Changed, ", ")
	}
	return fmt.Sprintf("%d functions, %d services, %d events, %d templates: %s", r.Functions, r.Services, r.Events, r.Templates, what)
}

// Catalog returns the Go files of the catalog of the module whose go.mod is in the folder root, by
// their names below that. Its error is an *[Error] if the functions or services are at fault.
func Catalog(ctx context.Context, root string, judge function.Judge) (map[string][]byte, error) {
	t, err := read(ctx, root, judge)
	if err != nil {
		return nil, err
	}
	return t.render(t.all, false)
}

// Write brings the catalog up to date. If the source is at fault, the files are left as
// they were.
func Write(ctx context.Context, root string, judge function.Judge) (Result, error) {
	files, result, err := compare(ctx, root, judge)
	if err != nil || len(result.Changed) == 0 {
		return result, err
	}
	for _, name := range result.Changed {
		file := filepath.Join(root, filepath.FromSlash(name))
		replace := func() error { return Replace(file, files[name]) }
		if files[name] == nil {
			replace = func() error { return remove(file, filepath.Join(root, filepath.FromSlash(source.CatalogDir))) }
		}
		if err := replace(); err != nil {
			return result, fmt.Errorf("write the catalog: %w", err)
		}
	}
	return result, nil
}

// remove removes a generated file, and the folders below top that are empty without it.
func remove(file, top string) error {
	err := os.Remove(file)
	for dir := filepath.Dir(file); err == nil && dir != top; dir = filepath.Dir(dir) {
		if os.Remove(dir) != nil {
			break // it has something else in it
		}
	}
	return err
}

// Check returns what [Write] would return, and writes nothing.
func Check(ctx context.Context, root string, judge function.Judge) (Result, error) {
	_, result, err := compare(ctx, root, judge)
	return result, err
}

func compare(ctx context.Context, root string, judge function.Judge) (files map[string][]byte, result Result, err error) {
	t, err := read(ctx, root, judge)
	if err != nil {
		return nil, result, err
	}
	result = Result{
		Warnings:  source.InOrder(t.module.Warnings),
		Functions: len(t.all.Functions), Services: len(t.services.All), Events: len(t.all.Events),
		Unknown: t.uses.Unknown,
	}
	if files, result.Changed, err = t.compare(); err == nil {
		result.Tables, err = t.changedTables()
	}
	return files, result, err
}

// Replace writes a generated file in one step, so that a build that runs at the same
// time never reads half of it.
func Replace(file string, content []byte) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// The leading dot keeps the go command from compiling it.
	tmp, err := os.CreateTemp(dir, ".generated-*")
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
