package scaffold

import (
	"bytes"
	"embed"
	"go/format"
	"io/fs"
	"path"
	"strings"
	"text/template"

	"switchyard/router/internal/scaffold/source"
	"switchyard/router/internal/version"
)

// templates are the files of projects: in project/ those that every one has, in signin/
// those that a bare one has not. Their names end in .tmpl so that no tool takes them for
// files of this module.
//
//go:embed all:templates
var templates embed.FS

// lent returns the functions that a project is lent for signing in and what belongs to it.
func lent() []string {
	return []string{
		"api/auth", "api/events/publish", "api/keys/create", "api/keys/list", "api/keys/revoke", "api/keys/self",
		"api/webhooks/receive", "jobs/mail", "pages/account", "pages/assets", "pages/forgot", "pages/goodbye", "pages/keys",
		"pages/reset", "pages/sessions", "pages/signin", "pages/signout", "pages/signup", "pages/verify",
	}
}

// data is what templates are filled in with.
type data struct {
	Framework, Module string // paths
	Name, Slug        string
	Bare              bool
}

// files returns the files of the project that a person could have written, by their names
// below its root, but for go.mod and go.sum.
func (o Options) files() (map[string][]byte, error) {
	d := data{Framework: version.Module(), Module: o.Module, Name: o.title(), Slug: slug(o.title()), Bare: o.Bare}
	files := map[string][]byte{}
	trees := []string{"templates/project"}
	if !o.Bare {
		trees = append(trees, "templates/signin")
		for _, name := range lent() {
			files["functions/"+name+"/"+path.Base(name)+".go"] = []byte(source.Lend(d.Framework, name))
		}
	}
	for _, tree := range trees {
		if err := render(files, tree, d); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// render adds the files of a tree of templates to files.
func render(files map[string][]byte, tree string, d data) error {
	return fs.WalkDir(templates, tree, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := templates.ReadFile(name)
		if err != nil {
			return err
		}
		t, err := template.New(name).Parse(string(text))
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, d); err != nil {
			return err
		}
		name = strings.TrimSuffix(strings.TrimPrefix(name, tree+"/"), ".tmpl")
		files[name] = b.Bytes()
		if path.Ext(name) == ".go" { // the order of imports depends on the paths
			files[name], err = format.Source(b.Bytes())
		}
		return err
	})
}
