// Package create writes new functions into a project, with a test that passes. It finds
// every mistake before it writes anything, and works in a project that does not compile.
package create

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

	"switchyard/router/internal/scaffold/source"
	"switchyard/shared/fn"
)

// Options are those of [New].
type Options struct {
	Root      string // the project's folder
	Framework string // the path of the framework's module
	Kind      fn.Kind
	Name      string // the folder below functions/, with or without the first: "api/notes/list" or "notes/list"
	Route     string // of an endpoint or a page. Defaults to one made of Name.
	Event     string // that a job runs on
	Cron      string // of a schedule
	Access    string // signed-in, public or service; "" is signed-in
	Fields    []string
	// Generate brings the catalog up to date.
	Generate func(ctx context.Context) error
	Out      io.Writer
}

// folder returns the folder below functions/ in which functions of the kind are.
func folder(k fn.Kind) string {
	return map[fn.Kind]string{fn.KindEndpoint: "api", fn.KindPage: "pages", fn.KindJob: "jobs", fn.KindSchedule: "jobs"}[k]
}

// New writes a function and its test. Its error has every mistake in the options, and
// nothing is written then. That the catalog cannot be brought up to date is no error: it
// is printed.
func New(ctx context.Context, o Options) error {
	p, err := source.Open(ctx, o.Root, o.Framework)
	if err != nil {
		return err
	}
	o.fullName()
	d, err := o.plan(p)
	if err != nil {
		return err
	}
	files, err := d.files()
	if err != nil {
		return err
	}
	if err := o.write(p, o.Name, files); err != nil {
		return err
	}
	if o.Kind == fn.KindPage {
		if err := o.lendAssets(p); err != nil {
			return err
		}
	}
	o.refresh(ctx)
	o.advise(d)
	return nil
}

// fullName completes the name.
func (o *Options) fullName() {
	o.Name = strings.Trim(o.Name, "/")
	if first, _, _ := strings.Cut(o.Name, "/"); first != "api" && first != "pages" && first != "jobs" {
		o.Name = folder(o.Kind) + "/" + o.Name
	}
}

// defaultRoute makes a route of the name, if there is none.
func (o *Options) defaultRoute() {
	rest := strings.TrimPrefix(o.Name, folder(o.Kind))
	switch {
	case o.Route != "":
	case o.Kind == fn.KindEndpoint:
		o.Route = "GET /api" + rest
	case o.Kind == fn.KindPage:
		o.Route = "GET " + rest
	}
}

// write writes the files of the function called name, all or none.
func (o Options) write(p *source.Project, name string, files map[string][]byte) error {
	dir := p.Dir(name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var written []string
	for _, file := range slices.Sorted(maps.Keys(files)) {
		at := filepath.Join(dir, file)
		if err := os.WriteFile(at, files[file], 0o644); err != nil { //nolint:gosec // source, which others may read
			for _, at := range written {
				err = errors.Join(err, os.Remove(at))
			}
			return err
		}
		written = append(written, at)
		fmt.Fprintf(o.Out, "wrote functions/%s/%s\n", name, file)
	}
	return nil
}

// assets is the function of the framework that serves the style of pages, and its route.
const (
	assets      = "pages/assets"
	assetsRoute = "GET /assets/"
)

// lendAssets lends the function that serves the style of pages, if no other does.
func (o Options) lendAssets(p *source.Project) error {
	serves := func(f source.Function) bool { return f.Name == assets || f.Route == assetsRoute }
	if slices.ContainsFunc(p.Functions(), serves) {
		return nil
	}
	return o.write(p, assets, map[string][]byte{"assets.go": []byte(source.Lend(o.Framework, assets))})
}

func (o Options) refresh(ctx context.Context) {
	if err := o.Generate(ctx); err != nil {
		fmt.Fprintf(o.Out, "The catalog is as it was: %v\nWhen that is mended: go generate ./...\n", err)
	}
}

// advise says what to do next.
func (o Options) advise(d *data) {
	fmt.Fprintf(o.Out, "\nNext: write what it does, in functions/%s/%s.go.\n", o.Name, path.Base(o.Name))
	for _, name := range d.Unfilled {
		fmt.Fprintf(o.Out, "  Its test leaves the field %s empty: fill it there when you use it.\n", name)
	}
	fmt.Fprintf(o.Out, "  go test ./functions/%s\n", o.Name)
	does := "runs it"
	if o.Route != "" {
		does = "serves " + o.Route
	}
	fmt.Fprintf(o.Out, "  go run ./router dev    # %s\n", does)
}
