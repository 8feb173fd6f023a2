// Package source reads a project as far as it can be read: its functions, with their
// routes, its events and its services. It looks at the syntax alone, so that it can say
// something of a project that does not compile; what it does not understand it leaves out.
package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Project is a project, and the modules that it uses.
type Project struct {
	Root      string // its folder, absolute
	Module    string // its path
	Framework string // the path of the module that has shared/fn
	packages  map[string]*Package
}

// Package is a package that the project uses, or may use.
type Package struct {
	ImportPath string
	Dir        string
	Standard   bool
	deps       bool    // the project uses it
	parsed     *syntax // nil until it is asked for
}

// Open reads the project in root, whose functions depend on the module framework.
func Open(ctx context.Context, root, framework string) (*Project, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	p := &Project{Root: root, Framework: framework, packages: map[string]*Package{}}
	module, err := p.goList(ctx, "-m", "-f", "{{.Path}}")
	if err != nil {
		return nil, err
	}
	p.Module = strings.TrimSpace(string(module))
	const fields = "-json=ImportPath,Dir,Standard"
	for i, args := range [][]string{
		{"-e", "-deps", fields, "./functions/...", "./shared/..."},
		{"-e", "-find", fields, framework + "/shared/..."},
	} {
		out, err := p.goList(ctx, args...)
		if err == nil {
			err = p.add(out, i == 0)
		}
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// goList returns what `go list` prints. It compiles nothing.
func (p *Project) goList(ctx context.Context, args ...string) ([]byte, error) {
	return p.run(ctx, append([]string{"list"}, args...)...)
}

// Tidy runs `go mod tidy`.
func (p *Project) Tidy(ctx context.Context) error {
	_, err := p.run(ctx, "mod", "tidy")
	return err
}

// run runs the go command in the project and returns what it prints.
func (p *Project) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = p.Root
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, stderr.String())
	}
	return out, nil
}

func (p *Project) add(list []byte, deps bool) error {
	d := json.NewDecoder(strings.NewReader(string(list)))
	for {
		var k Package
		if err := d.Decode(&k); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read what go list says: %w", err)
		}
		if !k.Standard && k.Dir != "" && p.packages[k.ImportPath] == nil {
			k.deps = deps
			p.packages[k.ImportPath] = &k
		}
	}
}

// Package returns the package of an import path; nil if it is not known.
func (p *Project) Package(importPath string) *Package { return p.packages[importPath] }

// Dir returns the folder of the function called name.
func (p *Project) Dir(name string) string {
	return filepath.Join(p.Root, "functions", filepath.FromSlash(name))
}

// Names returns the names of the folders below functions/ that have Go files and are
// not internal, in order.
func (p *Project) Names() []string {
	var names []string
	top := filepath.Join(p.Root, "functions")
	_ = filepath.WalkDir(top, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // what cannot be read is left out
		case d.IsDir() && (d.Name() == "internal" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case !d.IsDir() && isSource(d.Name()):
			if rel, err := filepath.Rel(top, filepath.Dir(file)); err == nil && !slices.Contains(names, filepath.ToSlash(rel)) {
				names = append(names, filepath.ToSlash(rel))
			}
		}
		return nil
	})
	slices.Sort(names)
	return names
}

// isSource reports whether a file is a part of a package, and not of its tests.
func isSource(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, ".")
}

// function returns the package in the folder of a function.
func (p *Project) function(name string) *Package {
	importPath := path.Join(p.Module, "functions", name)
	if p.packages[importPath] == nil {
		p.packages[importPath] = &Package{ImportPath: importPath, Dir: p.Dir(name)}
	}
	return p.packages[importPath]
}
