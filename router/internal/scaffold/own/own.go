// Package own turns functions that a project has been lent into source of its own.
package own

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"switchyard/internal/spelling"
	"switchyard/router/internal/scaffold/source"
)

// Options are those of [Own].
type Options struct {
	Root      string // the project's folder
	Framework string // the path of the framework's module
	Name      string // the function: "pages/signin"
	// Generate brings the catalog up to date.
	Generate func(ctx context.Context) error
	Out      io.Writer
}

// Own copies the source of a lent function into the project, with what the project has
// changed of its Spec. Nothing is written if that cannot be.
func Own(ctx context.Context, o Options) error {
	p, err := source.Open(ctx, o.Root, o.Framework)
	if err != nil {
		return err
	}
	o.Name = strings.TrimPrefix(strings.Trim(path.Clean(filepath.ToSlash(o.Name)), "/"), "functions/")
	f, err := o.find(p.Functions())
	if err != nil {
		return err
	}
	l, err := readLoan(p, f)
	if err != nil {
		return err
	}
	files, err := l.copy()
	if err != nil {
		return err
	}
	if err := l.write(files); err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "functions/%s is this project's own now: %d files, which were those of %s.\n", f.Name, len(files), f.Lent)
	if err := o.refresh(ctx, p); err != nil {
		fmt.Fprintf(o.Out, "The catalog is as it was: %v\nWhen that is mended: go mod tidy && go generate ./...\n", err)
	}
	fmt.Fprintf(o.Out, "\nNext: change it, and look at it with\n  go test ./functions/%s/...\n  go run ./router dev\n"+
		"New versions of %s do not change it any more.\n", f.Name, f.Lent)
	return nil
}

// refresh brings what depends on the source up to date: the requirements, since tests may
// need modules that the project did not need before, and the catalog.
func (o Options) refresh(ctx context.Context, p *source.Project) error {
	if err := p.Tidy(ctx); err != nil {
		return err
	}
	return o.Generate(ctx)
}

// find returns the function, if it is lent.
func (o Options) find(functions []source.Function) (source.Function, error) {
	var lent []string
	for _, f := range functions {
		switch {
		case f.Name == o.Name && f.Lent == "":
			return f, fmt.Errorf("functions/%s is this project's own already", o.Name)
		case f.Name == o.Name:
			return f, nil
		case f.Lent != "":
			lent = append(lent, f.Name)
		}
	}
	if len(lent) == 0 {
		return source.Function{}, fmt.Errorf("this project has no function %s, and is lent none", o.Name)
	}
	if near := spelling.Near(o.Name, lent); near != "" {
		return source.Function{}, fmt.Errorf("this project has no function %s; did you mean %s?", o.Name, near)
	}
	return source.Function{}, fmt.Errorf("this project has no function %s; lent are %s", o.Name, strings.Join(lent, ", "))
}

// loan is a lent function, and the file that borrows it.
type loan struct {
	source.Function
	framework string
	dir       string // where it is to be
	from      string // where its source is
	path      string // the import path that it is to have
	file      string // the file in dir with its Spec
	change    change // of its Spec
}

// readLoan reads the file that borrows f. It refuses one that says more than that.
func readLoan(p *source.Project, f source.Function) (*loan, error) {
	lender := p.Package(f.Lent)
	if lender == nil {
		return nil, fmt.Errorf("the source of %s is not found: run go mod download", f.Lent)
	}
	l := &loan{Function: f, framework: p.Framework, dir: p.Dir(f.Name), from: lender.Dir, path: path.Join(p.Module, "functions", f.Name)}
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			files = append(files, e.Name())
		}
	}
	if len(files) != 1 {
		return nil, fmt.Errorf("functions/%s has several files, %s: take out what is not Spec and Function, and put it back into the copy", f.Name, strings.Join(files, ", "))
	}
	l.file = filepath.Join(l.dir, files[0])
	l.change, err = readChange(l.file)
	return l, err
}

// copy returns the files of the function, by their names below its folder.
func (l *loan) copy() (map[string][]byte, error) {
	files := map[string][]byte{}
	tests, err := l.testsToo()
	if err != nil {
		return nil, err
	}
	err = l.walk(func(name string, text []byte) error {
		if strings.HasSuffix(name, "_test.go") && !tests || strings.HasPrefix(name, "testdata/") && !tests {
			return nil
		}
		files[name] = l.rewrite(text)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return files, errors.Join(l.checkImports(files), l.change.apply(files))
}

// rewrite returns a file in which the function's packages have the paths that they will
// have.
func (l *loan) rewrite(text []byte) []byte {
	s := strings.ReplaceAll(string(text), `"`+l.Lent+`"`, `"`+l.path+`"`)
	return []byte(l.regroup(strings.ReplaceAll(s, `"`+l.Lent+`/internal/`, `"`+l.path+`/internal/`)))
}

// regroup puts the imports of the function's packages into a group of their own, where
// goimports wants those of the project.
func (l *loan) regroup(s string) string {
	before, rest, found := strings.Cut(s, "\nimport (\n")
	block, after, closed := strings.Cut(rest, "\n)\n")
	var own, others []string
	for line := range strings.SplitSeq(block, "\n") {
		if strings.Contains(line, `"`+l.path) {
			own = append(own, line)
		} else {
			others = append(others, line)
		}
	}
	if !found || !closed || len(own) == 0 || len(others) == 0 {
		return s
	}
	return before + "\nimport (\n" + strings.TrimRight(strings.Join(others, "\n"), "\n") + "\n\n" + strings.Join(own, "\n") + "\n)\n" + after
}

// write puts the files in place of the one that borrows.
func (l *loan) write(files map[string][]byte) error {
	for name := range files {
		file := filepath.Join(l.dir, filepath.FromSlash(name))
		if _, err := os.Stat(file); err == nil && file != l.file {
			return fmt.Errorf("functions/%s/%s exists: move it away first", l.Name, name)
		}
	}
	if err := os.Remove(l.file); err != nil {
		return err
	}
	for _, name := range sortedNames(files) {
		file := filepath.Join(l.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, files[name], 0o644); err != nil { //nolint:gosec // source, which others may read
			return err
		}
	}
	return nil
}

func sortedNames(files map[string][]byte) []string { return slices.Sorted(maps.Keys(files)) }
