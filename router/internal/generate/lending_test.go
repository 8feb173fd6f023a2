package generate_test

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/router/internal/generate"
	"switchyard/router/internal/generate/expression"
)

// library is a module of somebody else's, which lends a function of the framework, changed,
// and one of its own with a service, a setting, an event and a table.
func library() map[string]string {
	return map[string]string{
		"library/go.mod": "module example.com/library\n\ngo 1.26\n\nrequire FRAMEWORK v0.0.0\n",
		"library/functions/pages/enter/enter.go": lendOf("FRAMEWORK/functions/pages/signin", "enter",
			`fn.Change(signin.Spec, func(s *fn.Page) { s.Route, s.Access = "/enter", fn.SignedIn })`),
		"library/functions/jobs/parcels/send/send.go": `// Package send sends parcels.
package send

import (
	"context"

	"FRAMEWORK/shared/fn"
	"example.com/library/functions/jobs/parcels/send/label"
	"example.com/library/shared/config"
	"example.com/library/shared/parcels"
)

var Spec = fn.Job{Events: []string{"parcel/packed"}, If: "event.data.weight > 0", Retries: 3}

type Function struct {
	Parcels *parcels.Store
	Post    config.Post
}

func (Function) Handle(_ context.Context, in *parcels.Packed) (*struct{}, error) {
	return &struct{}{}, label.Print(in.Weight)
}
`,
		"library/functions/jobs/parcels/send/label/label.go": "// Package label prints labels.\npackage label\n\nfunc Print(int) error { return nil }\n",
		"library/shared/config/config.go":                    "// Package config has the settings.\npackage config\n\n// Post is whom to give parcels to.\ntype Post struct {\n\tName string `env:\"POST_NAME\"`\n}\n",
		"library/shared/parcels/parcels.go": `// Package parcels keeps parcels.
package parcels

import (
	"context"

	"FRAMEWORK/shared/db"
	"FRAMEWORK/shared/events"
)

// Store keeps parcels.
type Store struct {
	db  *db.DB
	bus *events.Bus
}

// Open returns the store.
func Open(_ context.Context, d *db.DB, b *events.Bus) (*Store, error) { return &Store{d, b}, nil }

// Packed happens when a parcel is ready.
type Packed struct {
	Weight int ` + "`json:\"weight\"`" + `
}

// EventName returns the event's name.
func (Packed) EventName() string { return "parcel/packed" }

// Pack says that one is ready.
func (s *Store) Pack(ctx context.Context) error { return s.bus.Publish(ctx, nil, Packed{}) }
`,
		"library/shared/parcels/schema.hcl": "table \"parcel\" {\n  schema = schema.public\n  column \"id\" {\n    type = int\n  }\n}\n",
	}
}

// Functions are lent by any module, on and on, and more than once.
func TestLentOn(t *testing.T) {
	t.Parallel()
	const send = "example.com/library/functions/jobs/parcels/send"
	files := library()
	maps.Copy(files, map[string]string{
		"functions/pages/enter/enter.go": lendOf("example.com/library/functions/pages/enter", "enter",
			`fn.Change(enter.Spec, func(s *fn.Page) { s.Access = fn.Public })`),
		"functions/pages/again/again.go": lendOf("example.com/acme/orders/functions/pages/enter", "again",
			`fn.Change(enter.Spec, func(s *fn.Page) { s.Route = "/again" })`),
		"functions/jobs/send/send.go":    lendOf(send, "send", "send.Spec"),
		"functions/jobs/express/send.go": lendOf(send, "express", `fn.Change(send.Spec, func(s *fn.Job) { s.If = "event.data.weight < 5" })`),
	})
	root := newProject(t, files)
	result, err := generate.Write(t.Context(), root, expression.Judge)
	if err != nil {
		t.Fatal(err)
	}
	if result.Functions != 4 || len(result.Warnings) > 0 {
		t.Errorf("got %v %v, want 4 functions and no warning", result, result.Warnings)
	}
	vet(t, root, "./functions/...", "./router/...")
	catalog := read(t, filepath.Join(root, generate.Output))
	for _, want := range []string{
		`Pages: []string{"/again", "/enter"}`, `parcelsService := wire.Service("parcels"`, "wire.Env[config.Post]()",
		`Listeners:  []string{"jobs/express", "jobs/send"}`, `Publishers: []string{"shared/parcels"}`,
	} {
		if !strings.Contains(catalog, want) {
			t.Errorf("the catalog has no %s", want)
		}
	}
	if strings.Contains(catalog, "Admits: ") {
		t.Error("somebody has to be admitted, though all pages are open here")
	}
	if t.Failed() {
		t.Log(catalog)
	}
	schema := read(t, filepath.Join(root, generate.SchemaOutput))
	if !strings.Contains(schema, "// ==> example.com/library/shared/parcels/schema.hcl\ntable \"parcel\" {") {
		t.Errorf("the table of the library is not there:\n%s", schema)
	}
}
