package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// module is the path of the project's module.
const module = "example.com/many"

// pages says that each fifth function is a page; the others are typed endpoints.
const pages = 5

// write writes a project of n functions, and the ping, into dir. The framework in root stands in
// for a version of it.
func write(ctx context.Context, root, dir string, n int) error {
	mod, err := modFile(ctx, root)
	if err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	files := map[string]string{
		"go.mod": mod, "go.sum": string(sums),
		"schema/schema.hcl":          schema,
		"router/catalog/doc.go":      "// Package catalog lists every function.\npackage catalog\n\n// Title is the name of the project.\nconst Title = \"Many\"\n",
		"router/main.go":             mainSource,
		"functions/api/ping/ping.go": pingSource,
	}
	for i := range n {
		name, source := function(i)
		files["functions/"+name] = source
	}
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			return err
		}
	}
	return nil
}

// modFile returns the project's go.mod: what the framework requires, in its versions.
func modFile(ctx context.Context, root string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "edit", "-json")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("read the framework's go.mod: %w", err)
	}
	var its struct {
		Go      string
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal(out, &its); err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "module %s\n\ngo %s\n\ntool switchyard/router/internal/switchyard\n\nrequire switchyard v0.0.0\n\nrequire (\n", module, its.Go)
	for _, r := range its.Require {
		fmt.Fprintf(&b, "\t%s %s // indirect\n", r.Path, r.Version)
	}
	fmt.Fprintf(&b, ")\n\nreplace switchyard => %s\n", root)
	return b.String(), nil
}

// function returns the file of the function i, below functions/, and its source.
func function(i int) (name, source string) {
	area, pkg := fmt.Sprintf("area%02d", i%40), fmt.Sprintf("f%05d", i)
	kind, text := "api", readSource
	switch i % pages {
	case 0:
		kind, text = "pages", pageSource
	case 1, 2:
		text = writeSource
	}
	source = strings.NewReplacer("AREA", area, "PACKAGE", pkg).Replace(text)
	return fmt.Sprintf("%s/%s/%s/%s.go", kind, area, pkg, pkg), source
}

// change adds a statement to the function i, so that its package has to be compiled anew.
func change(dir string, i, times int) error {
	name, source := function(i)
	text := fmt.Sprintf("%s\n// Changed makes another object of the package.\nvar Changed = %d\n", source, times)
	return os.WriteFile(filepath.Join(dir, "functions", filepath.FromSlash(name)), []byte(text), 0o600)
}

const mainSource = `// Command router is the program of this project.
package main

import (
	"switchyard/router/cli"

	"example.com/many/router/catalog"
)

//go:generate go tool switchyard generate

func main() { cli.Main(catalog.Program()) }
`

const schema = `schema "public" {}

table "item" {
  schema = schema.public
  column "id" {
    type = uuid
  }
  column "name" {
    type = text
  }
  column "size" {
    type = bigint
  }
  primary_key {
    columns = [column.id]
  }
}
`

const pingSource = `// Package ping answers at once.
package ping

import (
	"context"

	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{Route: "GET /api/ping", Summary: "Answer at once", Access: fn.Public}

type Function struct{}

type Input struct{}

type Output struct {
	Body struct {
		OK bool ` + "`json:\"ok\"`" + `
	}
}

// Handle answers.
func (Function) Handle(context.Context, *Input) (*Output, error) {
	var out Output
	out.Body.OK = true
	return &out, nil
}
`

const readSource = `// Package PACKAGE reads an item.
package PACKAGE

import (
	"context"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/db"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "GET /api/AREA/PACKAGE/{id}",
	Summary: "Read an item of PACKAGE",
	Access:  fn.Public,
	Timeout: 10 * time.Second,
}

type Function struct {
	DB *db.DB
}

type Input struct {
	ID    uuid.UUID ` + "`path:\"id\"`" + `
	Limit int       ` + "`query:\"limit\" minimum:\"1\" maximum:\"100\" default:\"20\" doc:\"How many at most\"`" + `
}

type Output struct {
	Body Item
}

// Item is the body that an endpoint answers.
type Item struct {
	ID   uuid.UUID ` + "`json:\"id\"`" + `
	Name string    ` + "`json:\"name\" doc:\"As people see it\"`" + `
	Size int64     ` + "`json:\"size\" doc:\"In bytes\"`" + `
}

// Handle reads it.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	var out Output
	err := f.DB.QueryRow(ctx, "SELECT id, name, size FROM item WHERE id = $1", in.ID).Scan(&out.Body.ID, &out.Body.Name, &out.Body.Size)
	return &out, err
}
`

const writeSource = `// Package PACKAGE adds an item.
package PACKAGE

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"switchyard/shared/db"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{
	Route:   "POST /api/AREA/PACKAGE",
	Summary: "Add an item to PACKAGE",
	Access:  fn.Public,
	Status:  http.StatusCreated,
	Timeout: 10 * time.Second,
}

type Function struct {
	DB *db.DB
}

type Input struct {
	Body struct {
		Name string   ` + "`json:\"name\" minLength:\"1\" maxLength:\"200\" doc:\"As people see it\"`" + `
		Size int64    ` + "`json:\"size\" minimum:\"0\" doc:\"In bytes\"`" + `
		Tags []string ` + "`json:\"tags,omitempty\" maxItems:\"10\"`" + `
	}
}

type Output struct {
	Body struct {
		ID uuid.UUID ` + "`json:\"id\"`" + `
	}
}

// Handle adds it.
func (f Function) Handle(ctx context.Context, in *Input) (*Output, error) {
	var out Output
	out.Body.ID = uuid.New()
	_, err := f.DB.Exec(ctx, "INSERT INTO item (id, name, size) VALUES ($1, $2, $3)", out.Body.ID, in.Body.Name, in.Body.Size)
	return &out, err
}
`

const pageSource = `// Package PACKAGE shows how many items there are.
package PACKAGE

import (
	"fmt"
	"net/http"
	"time"

	"switchyard/shared/db"
	"switchyard/shared/fn"
)

var Spec = fn.Page{
	Route:   "GET /AREA/PACKAGE",
	Summary: "Items of PACKAGE",
	Access:  fn.Public,
	Timeout: 10 * time.Second,
}

type Function struct {
	DB *db.DB
}

// ServeHTTP shows the page.
func (f Function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var n int
	if err := f.DB.QueryRow(r.Context(), "SELECT count(*) FROM item").Scan(&n); err != nil {
		http.Error(w, "no items", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintf(w, "<!doctype html><title>PACKAGE</title><p>%d items", n)
}
`
