// Package templates writes the Go files of all templates of a module: page_templ.go
// beside each page.templ. They do what those of `templ generate` do, in less time.
package templates

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/a-h/parse"
	"github.com/a-h/templ"
	"github.com/a-h/templ/generator"
	"github.com/a-h/templ/parser/v2"

	"switchyard/router/internal/generate"
	"switchyard/router/internal/generate/source"
)

// The ends of the names of a template and of its Go file.
const (
	template = ".templ"
	output   = "_templ.go"
)

// Write brings the Go files of all templates of the module in the folder root up to date, and
// removes those without a template. With check, it changes nothing, and only says what it would do.
func Write(root string, check bool) (result generate.Result, err error) {
	m, err := source.Open(root)
	if err != nil {
		return result, err
	}
	root = m.Root
	err = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return skip(root, file, d.Name())
		case strings.HasSuffix(file, template):
			result.Templates++
			return one(&result, m, file, check)
		case strings.HasSuffix(file, output):
			return orphan(&result, root, file, check)
		}
		return nil
	})
	if err != nil {
		return result, fmt.Errorf("generate the templates: %w", err)
	}
	return result, nil
}

// skip leaves out what the go command leaves out, and other modules.
func skip(root, dir, name string) error {
	if dir == root {
		return nil
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	if err == nil || name == "testdata" || name == "node_modules" || name[0] == '.' || name[0] == '_' {
		return fs.SkipDir
	}
	return nil
}

// one brings the Go file of one template up to date, or notes what is wrong with it.
func one(result *generate.Result, m *source.Module, file string, check bool) error {
	name := relative(m.Root, file)
	text, problem := generated(file, name, m.Contract("shared/ui/templfast"))
	if problem != nil {
		result.Problems = append(result.Problems, *problem)
		return nil
	}
	target := strings.TrimSuffix(file, template) + output
	old, err := os.ReadFile(target)
	if err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	result.Changed = append(result.Changed, relative(m.Root, target))
	if check {
		return nil
	}
	return generate.Replace(target, text)
}

// generated returns the Go file of the template in file, which is called name, or what
// is wrong with it.
func generated(file, name, templfast string) ([]byte, *generate.Problem) {
	parsed, err := parser.Parse(file)
	if err != nil {
		return nil, problem(name, err)
	}
	var b bytes.Buffer
	if _, err := generator.Generate(parsed, &b, generator.WithFileName(name), generator.WithVersion(templ.Version())); err != nil {
		return nil, problem(name, err)
	}
	text, err := faster(b.Bytes(), templfast)
	if err != nil {
		return nil, problem(name, fmt.Errorf("the Go code in it is not understood: %w", err))
	}
	return text, nil
}

// problem returns what err says of the template called name.
func problem(name string, err error) *generate.Problem {
	p := &generate.Problem{File: name, Line: 1, Message: err.Error()}
	if at, ok := errors.AsType[parse.ParseError](err); ok {
		p.Line, p.Message = at.Pos.Line+1, at.Msg
	}
	return p
}

// orphan removes the Go file of a template that is no longer there.
func orphan(result *generate.Result, root, file string, check bool) error {
	_, err := os.Stat(strings.TrimSuffix(file, output) + template)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	result.Changed = append(result.Changed, relative(root, file))
	if check {
		return nil
	}
	return os.Remove(file)
}

func relative(root, file string) string {
	name, err := filepath.Rel(root, file)
	if err != nil {
		return file
	}
	return filepath.ToSlash(name)
}
