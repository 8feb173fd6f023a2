package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/router/internal/generate"
	"switchyard/router/internal/generate/expression"
	"switchyard/router/internal/generate/fresh"
	"switchyard/router/internal/generate/templates"
	"switchyard/router/internal/tool"
)

// generateOptions are those of generate.
type generateOptions struct {
	check  bool
	report string // a file
}

// generateCmd is the verb that go generate runs.
func generateCmd(p *tool.Process) *cobra.Command {
	var o generateOptions
	c := &cobra.Command{
		Use:   "generate",
		Short: "Write the catalog, and the Go files of templates.",
		Long: `Writes the Go files of templates, and router/catalog: catalog_gen.go, schema_gen.hcl,
_bindings, the compiled bindings of endpoints, and _chapters, which the catalog of more
than 256 functions is divided into. It stops, and writes no catalog, if a function is
malformed: each problem with file and line. It is what go generate runs.

Example:
  go tool switchyard generate`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return o.run(p) },
	}
	f := c.Flags()
	f.BoolVar(&o.check, "check", false, "Write nothing; only say what is stale.")
	f.StringVar(&o.report, "report", "", "Write the result to this `FILE` as well, as JSON.")
	return c
}

// gcPercent lets the heap grow, since it ends in seconds: of thousands of functions, a third of
// the time was for garbage.
const gcPercent = 300

// errSource is how it ends if the source is at fault, which has been said by then.
var errSource = errors.New("nothing was written to router/catalog")

// run generates, and tells the result.
func (o generateOptions) run(p *tool.Process) error {
	root, err := tool.Root()
	if err != nil {
		return err
	}
	debug.SetGCPercent(gcPercent)
	result, err := remembered(p.Ctx, root, o.check)
	if err != nil {
		return err
	}
	tell(p.ErrOut, result)
	if o.report != "" {
		err = write(o.report, result)
	}
	if err == nil && len(result.Problems) > 0 {
		err = errSource
	}
	return err
}

// remembered is [update], unless nothing has changed since that had nothing more to do.
func remembered(ctx context.Context, root string, check bool) (result generate.Result, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return update(ctx, root, check)
	}
	store := fresh.Store{Dir: filepath.Join(cache, "switchyard", "generate")}
	before, err := fresh.Take(ctx, root)
	if err != nil { // whatever it is, who generates will say it
		return update(ctx, root, check)
	}
	if report := store.Find(before); report != nil && json.Unmarshal(report, &result) == nil {
		return result, nil
	}
	result, err = update(ctx, root, check)
	if err != nil || len(result.Problems) > 0 || check && len(result.Changed) > 0 {
		return result, err
	}
	if after, err := fresh.Take(ctx, root); err == nil {
		next := result // what there is to say when nothing has changed
		next.Changed, next.Tables = nil, nil
		if report, err := json.Marshal(next); err == nil {
			_ = store.Keep(before, after, result.Changed, report) // else the next one takes longer
		}
	}
	return result, nil
}

// update generates in the module in root, or finds out what is stale. What is wrong with
// the source is in the result.
func update(ctx context.Context, root string, check bool) (generate.Result, error) {
	pages, err := templates.Write(root, check)
	if err != nil || len(pages.Problems) > 0 {
		return pages, err
	}
	act := generate.Write
	if check {
		act = generate.Check
	}
	result, err := act(ctx, root, expression.Judge)
	result.Changed = append(pages.Changed, result.Changed...)
	result.Templates = pages.Templates
	if problems, ok := errors.AsType[*generate.Error](err); ok {
		result.Problems, err = problems.Problems, nil
	}
	return result, err
}

// tell writes what there is to know of the result to w: a line if all is well.
func tell(w io.Writer, r generate.Result) {
	var b strings.Builder
	for _, p := range r.Problems {
		fmt.Fprintln(&b, p)
	}
	for _, p := range r.Warnings {
		fmt.Fprintln(&b, "warning:", p)
	}
	if len(r.Problems) == 0 {
		fmt.Fprintln(&b, r)
	}
	for _, c := range r.Tables {
		fmt.Fprintln(&b, c)
	}
	_, _ = io.WriteString(w, b.String())
}

func write(file string, r generate.Result) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
