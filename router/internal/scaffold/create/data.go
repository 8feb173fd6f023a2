package create

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"go/token"
	"path"
	"slices"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"

	"switchyard/router/internal/scaffold/source"
	"switchyard/router/internal/spec"
	"switchyard/shared/fn"
)

// templates are a function's source and its test, for each kind.
//
//go:embed templates
var templates embed.FS

// data is what the templates are filled in with.
type data struct {
	Kind          fn.Kind
	Name, Package string
	Title         string // for people: "Notes list"
	Route, Method string
	Where         string // the route without its method
	Path          string // that a test of a page asks for
	Cron, Event   string
	Access        string // "fn.Public", or ""
	Fields        []field
	Params        []param
	Body          bool   // the requests have one
	Input         string // of a job: the event's type
	Unfilled      []string

	Imports     *imports
	Test        string // the name of its test
	TestImports *imports
	Subject     string // what the test calls the function's package
	InputInTest string // of a job
	Setup       setup
}

// field is a field of Function.
type field struct{ Name, Type string }

// param is a parameter of the route.
type param struct{ Name, Field string }

// data returns what the function needs, whose options are right.
func (o Options) data(p *source.Project, event source.Event, fields []source.Service, services map[string]source.Service) *data {
	shared := o.Framework + "/shared/"
	d := &data{
		Kind: o.Kind, Name: o.Name, Package: packageOf(o.Name), Title: titleOf(o.Name),
		Route: o.Route, Path: "/", Cron: o.Cron, Event: o.Event,
		Access: map[string]string{"public": "fn.Public", "service": "fn.Service"}[o.Access],
	}
	d.Imports = newImports(o.Framework, p.Module, append(importsOf(o.Kind, shared), shared+"fn")...)
	d.TestImports = newImports(o.Framework, p.Module, "testing")
	d.Subject = d.TestImports.nameAs(p.Module+"/functions/"+o.Name, d.Package)
	d.Test = "Test" + strings.ReplaceAll(strings.ToUpper(d.Package[:1])+d.Package[1:], "_", "")
	if o.Kind == fn.KindPage {
		ui := at(services, shared+"ui")
		fields = append(slices.DeleteFunc(fields, func(s source.Service) bool { return s.ImportPath == ui.ImportPath }), ui)
		d.TestImports.name("net/http")
		d.TestImports.name("net/http/httptest")
	}
	if o.Kind == fn.KindEndpoint || o.Kind == fn.KindPage {
		d.addRoute()
	}
	if o.Kind == fn.KindJob {
		d.addEvent(event)
	}
	d.Setup = setup{imports: d.TestImports, framework: o.Framework, services: services, vars: map[string]string{}}
	for _, s := range fields {
		f := field{Name: fieldName(s), Type: d.Imports.name(s.ImportPath) + "." + s.Type}
		d.Fields = append(d.Fields, f)
		if !d.Setup.fill(f.Name, s) {
			d.Unfilled = append(d.Unfilled, f.Name)
		}
	}
	return d
}

// at returns the service with the import path.
func at(services map[string]source.Service, importPath string) source.Service {
	for _, s := range services {
		if s.ImportPath == importPath {
			return s
		}
	}
	return source.Service{}
}

// importsOf returns the packages that the source of each kind imports, beside shared/fn.
func importsOf(k fn.Kind, shared string) []string {
	switch k {
	case fn.KindPage:
		return []string{"net/http", "time", shared + "ui"}
	case fn.KindEndpoint:
		return []string{"context", "time"}
	case fn.KindJob, fn.KindSchedule:
		return []string{"context", "time", "github.com/inngest/inngestgo/step"}
	}
	return nil
}

func (d *data) addRoute() {
	method, pattern, found := strings.Cut(d.Route, " ")
	if !found {
		method, pattern = "GET", d.Route
	}
	d.Where = pattern
	d.Method, d.Body = method, method == "POST" || method == "PUT" || method == "PATCH"
	if i := strings.IndexByte(pattern, '/'); i >= 0 && !strings.ContainsAny(pattern, "{}") {
		d.Path = pattern[i:]
	}
	for _, name := range spec.Params(d.Route) {
		d.Params = append(d.Params, param{Name: name, Field: d.paramField(name)})
	}
}

// paramField returns what the field for a parameter of the route is called.
func (d *data) paramField(name string) string {
	field := exported(name)
	for field == "Body" || !token.IsIdentifier(field) || !token.IsExported(field) ||
		slices.ContainsFunc(d.Params, func(p param) bool { return p.Field == field }) {
		field = "Param" + field
	}
	return field
}

func (d *data) addEvent(e source.Event) {
	d.Input, d.InputInTest = "Input", d.Subject+".Input"
	if e.Importable() {
		d.Input = d.Imports.name(e.ImportPath) + "." + e.Type
		d.InputInTest = d.TestImports.name(e.ImportPath) + "." + e.Type
	}
}

// titleOf returns a name as the title of a page: "api/notes/list" is "Notes list".
func titleOf(name string) string {
	_, rest, _ := strings.Cut(name, "/")
	words := strings.NewReplacer("/", " ", "-", " ", "_", " ").Replace(rest)
	return strings.ToUpper(words[:1]) + words[1:]
}

// fieldName returns what a field for the service is called.
func fieldName(s source.Service) string {
	known := map[string]string{"auth/apikey": "Keys", "auth/betterauth": "Auth"}
	if name := known[s.Name]; name != "" {
		return name
	}
	return exported(s.Base())
}

// exported returns the name as Go exports it.
func exported(name string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		if slices.Contains([]string{"id", "db", "ui", "url"}, strings.ToLower(word)) {
			b.WriteString(strings.ToUpper(word))
		} else {
			first, size := utf8.DecodeRuneInString(word)
			b.WriteString(string(unicode.ToUpper(first)) + word[size:])
		}
	}
	return b.String()
}

// files returns the files of the function, by their names.
func (d *data) files() (map[string][]byte, error) {
	base := path.Base(d.Name)
	names := map[string]string{string(d.Kind) + ".go.tmpl": base + ".go", string(d.Kind) + "_test.go.tmpl": base + "_test.go"}
	if d.Kind == fn.KindPage {
		names["page.templ.tmpl"] = base + ".templ"
	}
	all, err := template.ParseFS(templates, "templates/*.tmpl")
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for from, to := range names {
		var b bytes.Buffer
		if err := all.ExecuteTemplate(&b, from, d); err != nil {
			return nil, err
		}
		files[to] = b.Bytes()
		if path.Ext(to) == ".go" {
			if files[to], err = format.Source(b.Bytes()); err != nil {
				return nil, fmt.Errorf("%s: %w", to, err)
			}
		}
	}
	return files, nil
}
