// Command catalog writes what is generated in the module it is run in: the Go files of
// templates and the catalog. See packages templates and generate. It is what go generate
// runs, and stands apart from the router, which does not compile while the catalog does
// not.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"switchyard/router/internal/generate"
	"switchyard/router/internal/generate/expression"
	"switchyard/router/internal/generate/templates"
)

func main() {
	check := flag.Bool("check", false, "write nothing")
	report := flag.String("report", "", "the file to write the result to, as JSON")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) //nolint:forbidigo // the first context
	result, err := run(ctx, *check)
	stop()
	if err == nil && *report != "" {
		err = write(*report, result)
	}
	tell(os.Stderr, result)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
	}
	if err != nil || len(result.Problems) > 0 {
		os.Exit(1)
	}
}

// run generates, or finds out what is stale. What is wrong with the source is in the
// result.
func run(ctx context.Context, check bool) (generate.Result, error) {
	root, err := findRoot()
	if err != nil {
		return generate.Result{}, err
	}
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
	_, _ = io.WriteString(w, b.String())
}

func write(file string, r generate.Result) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
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
