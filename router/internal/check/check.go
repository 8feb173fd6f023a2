// Package check tells what there is to do before a project can be built and served:
// whether what is generated is fresh, whether its tables make sense, and what a new
// version of the framework asks for. It does not need the project to compile.
package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"switchyard/internal/schema"
	"switchyard/router/internal/generate"
	"switchyard/shared/config"
)

// Project is what is checked.
type Project struct {
	Root string // the folder of its go.mod
	// Generate says what `go generate` would write, and writes nothing.
	Generate func(context.Context) (generate.Result, error)
	// Getenv looks up variables of the environment; nil if that is not checked.
	Getenv func(string) string
	// Former are the variables that earlier versions read: [config.FormerVars].
	Former []config.Former
}

// Report takes what is found, a check after the other.
type Report struct {
	out  io.Writer
	errs []error
}

// NewReport returns a report that is written to out.
func NewReport(out io.Writer) *Report { return &Report{out: out} }

// Add writes that what is right, or keeps err.
func (r *Report) Add(what string, err error) {
	if err != nil {
		r.errs = append(r.errs, fmt.Errorf("%s: %w", what, err))
		return
	}
	r.line("%s: ok", what)
}

// Warn writes something that is in nobody's way.
func (r *Report) Warn(format string, args ...any) { r.line("warning: "+format, args...) }

func (r *Report) line(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format+"\n", args...) }

// Err returns all that was wrong; nil if nothing was.
func (r *Report) Err() error { return errors.Join(r.errs...) }

// Check reports everything about the project.
func (p Project) Check(ctx context.Context, r *Report) {
	result, err := p.Generate(ctx)
	switch {
	case err != nil:
		err = fmt.Errorf("%w%s", err, p.upgraded())
	case len(result.Changed) > 0:
		err = fmt.Errorf("stale: %s; run `go generate ./...`%s%s",
			strings.Join(result.Changed, ", "), p.upgraded(), indented(result.Tables))
	}
	r.Add("catalog", err)
	for _, w := range result.Warnings {
		r.Warn("%s", w)
	}
	for _, p := range result.Unknown {
		r.line("note: %s", p)
	}
	r.Add("schema", p.checkSchema())
	found, err := p.formerVars()
	r.Add("variables", err)
	for _, text := range found {
		r.Warn("%s", text)
	}
}

// upgraded says that the framework's version is not that of the catalog, in a line of its
// own; "" if it is.
func (p Project) upgraded() string {
	v, err := generate.VersionsOf(p.Root)
	if err != nil || v.Catalog == v.Required {
		return ""
	}
	return indented([]string{fmt.Sprintf("it was generated with %s of %s, and go.mod asks for %s: see docs/upgrading.md and CHANGELOG.md there",
		version(v.Catalog), v.Framework, version(v.Required))})
}

// version names a version that may be none.
func version(v string) string {
	if v == "" {
		return "a folder"
	}
	return v
}

// indented returns lines to be shown below another.
func indented(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString("\n  " + l)
	}
	return b.String()
}

// checkSchema reads the schema as it was generated last.
func (p Project) checkSchema() error {
	s, err := schema.ReadGenerated(filepath.Join(p.Root, filepath.Dir(filepath.FromSlash(generate.SchemaOutput))))
	if errors.Is(err, os.ErrNotExist) {
		return errors.New("there is none: run `go generate ./...`")
	}
	if err != nil {
		return err
	}
	return s.Check()
}
