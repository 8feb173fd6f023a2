package create_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/router/internal/scaffold/create"
	"switchyard/router/internal/scaffold/scaffoldtest"
	"switchyard/shared/fn"
)

// newProject writes the project in testdata, which does not compile, and returns its
// folder.
func newProject(t *testing.T) (root string) {
	t.Helper()
	return filepath.Join(scaffoldtest.Write(t, "testdata/project.txtar"), "project")
}

func TestRefused(t *testing.T) {
	t.Parallel()
	root := newProject(t)
	before := scaffoldtest.Files(t, root)
	const endpoint, page, job, schedule = fn.KindEndpoint, fn.KindPage, fn.KindJob, fn.KindSchedule
	for name, tt := range map[string]struct {
		options create.Options
		want    []string // of the error
	}{
		"name taken":             {create.Options{Kind: endpoint, Name: "orders/get", Route: "GET /x"}, []string{"the name is taken"}},
		"name taken by a loan":   {create.Options{Kind: page, Name: "signin", Route: "GET /x"}, []string{"the name is taken"}},
		"known by the same name": {create.Options{Kind: endpoint, Name: "orders-get", Route: "GET /x"}, []string{`would be known as "api-orders-get"`}},
		"no name":                {create.Options{Kind: endpoint, Name: "api/", Route: "GET /x"}, []string{"needs a name"}},
		"no package's name":      {create.Options{Kind: endpoint, Name: "type", Route: "GET /x"}, []string{`no package can be called "type"`}},
		"another kind's folder":  {create.Options{Kind: job, Name: "api/x", Event: "order/placed"}, []string{"below functions/jobs/, not api/"}},
		"vendored":               {create.Options{Kind: endpoint, Name: "vendor/x"}, []string{`"vendor" cannot be the name`}},
		"name too long":          {create.Options{Kind: endpoint, Name: strings.Repeat("a", 300)}, []string{"is too long: at most 100"}},
		"name wrong, not route":  {create.Options{Kind: page, Name: "a//b"}, []string{`^"" cannot be the name of a folder of functions: use letters, digits and -$`}},
		"outside of functions":   {create.Options{Kind: endpoint, Name: "../../x", Route: "GET /x"}, []string{`".." cannot be the name`}},
		"route taken":            {create.Options{Kind: endpoint, Name: "x", Route: "GET /api/orders/{order}"}, []string{`"GET /api/orders/{id}" of api/orders/get`}},
		"route does not parse":   {create.Options{Kind: endpoint, Name: "x", Route: "GET /api/{"}, []string{"is not a pattern"}},
		"route without method":   {create.Options{Kind: endpoint, Name: "x", Route: "/api/x"}, []string{"has no method"}},
		"route of a broken one":  {create.Options{Kind: page, Name: "x", Route: "GET /api/broken"}, []string{"of api/broken"}},
		"route of a loan":        {create.Options{Kind: endpoint, Name: "x", Route: "GET /{any}/auth/"}, []string{`"/api/auth/" of api/auth`}},
		"route of a changed one": {create.Options{Kind: page, Name: "x", Route: "/enter"}, []string{`"/enter" of pages/signin`}},
		"route of the host":      {create.Options{Kind: page, Name: "x", Route: "/docs"}, []string{"the host itself answers /docs"}},
		"no event":               {create.Options{Kind: job, Name: "x"}, []string{"--event is needed", "order/placed"}},
		"no such event":          {create.Options{Kind: job, Name: "x", Event: "order/place"}, []string{`there is no event "order/place"; did you mean order/placed?`}},
		"no cron":                {create.Options{Kind: schedule, Name: "x"}, []string{"--cron is needed"}},
		"malformed cron":         {create.Options{Kind: schedule, Name: "x", Cron: "61 * * * *"}, []string{`"61" for its minute`}},
		"access":                 {create.Options{Kind: endpoint, Name: "x", Access: "everybody"}, []string{"signed-in, public, service"}},
		"no such field":          {create.Options{Kind: endpoint, Name: "x", Fields: []string{"order"}}, []string{`no service "order", did you mean orders?`}},
		"field of the desk":      {create.Options{Kind: endpoint, Name: "x", Fields: []string{"script"}}, []string{`no service "script"`, "there are auth/keys, db, orders, spare/keys"}},
		"which field":            {create.Options{Kind: endpoint, Name: "x", Fields: []string{"keys"}}, []string{"auth/keys or spare/keys"}},
		"field twice":            {create.Options{Kind: endpoint, Name: "x", Fields: []string{"db", "db"}}, []string{"db is there twice"}},
		"flags of other kinds":   {create.Options{Kind: schedule, Name: "x", Cron: "@daily", Route: "GET /x", Event: "a/b", Access: "public"}, []string{"--route", "--event", "--access", "is a word"}},
		"all at once":            {create.Options{Kind: endpoint, Name: "orders/get", Route: "GET /livez", Access: "a", Fields: []string{"b"}}, []string{"taken", "reserved", "--access", "--field"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := tt.options
			o.Root, o.Framework, o.Out = root, "example.com/sw", t.Output()
			o.Generate = func(context.Context) error { return errors.New("it generates") }
			err := create.New(t.Context(), o)
			if err == nil {
				t.Fatal("it was taken")
			}
			for _, want := range tt.want {
				if !strings.Contains("^"+err.Error()+"$", want) {
					t.Errorf("%v; want %q in it", err, want)
				}
			}
		})
	}
	t.Cleanup(func() {
		if after := scaffoldtest.Files(t, root); !maps.Equal(after, before) {
			t.Errorf("files are %v; before %v", after, before)
		}
	})
}

// A project that does not compile gets its function, and hears why the catalog does not
// have it yet.
func TestNew(t *testing.T) {
	t.Parallel()
	root := newProject(t)
	var out strings.Builder
	err := create.New(t.Context(), create.Options{
		Root: root, Framework: "example.com/sw", Kind: fn.KindEndpoint, Name: "orders/list-all",
		Route: "POST /api/orders/{id}/all", Access: "public", Fields: []string{"orders", "auth/keys", "db"}, Out: &out,
		Generate: func(context.Context) error { return errors.New("broken.go does not parse") },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"The catalog is as it was: broken.go does not parse", "go test ./functions/api/orders/list-all"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it says %q; want %q in it", &out, want)
		}
	}
	for name, wants := range map[string][]string{
		"list-all.go": {
			"package listall", `Route:   "POST /api/orders/{id}/all"`, "Access:  fn.Public", "Orders *orders.Store", "Keys   *keys.Store", "DB     *db.DB",
			"ID   string `path:\"id\"",
		},
		"list-all_test.go": {
			"func TestMain(m *testing.M) { dbtest.Main(m) }", `in.ID = "1"`, "store, err := orders.Open(t.Context(), d)",
			"listall.Function{Orders: store, Keys: keysStore, DB: d}",
		},
	} {
		text, err := os.ReadFile(filepath.Join(root, "functions/api/orders/list-all", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s lacks %q:\n%s", name, want, text)
			}
		}
	}
}

// A project in which nobody can sign in gets no function that only those may call, and its
// first page brings the function along that serves the style.
func TestWithoutSignIn(t *testing.T) {
	t.Parallel()
	root := newProject(t)
	if err := os.RemoveAll(filepath.Join(root, "functions/api/auth")); err != nil {
		t.Fatal(err)
	}
	o := create.Options{
		Root: root, Framework: "example.com/sw", Kind: fn.KindPage, Name: "about", Out: t.Output(),
		Generate: func(context.Context) error { return nil },
	}
	for _, access := range []string{"", "signed-in", "service"} {
		o.Access = access
		if err := create.New(t.Context(), o); err == nil || !strings.Contains(err.Error(), "nobody can sign in") {
			t.Errorf("access %q: %v", access, err)
		}
	}
	o.Access = "public"
	if err := create.New(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if text := scaffoldtest.Files(t, root)["functions/pages/assets/assets.go"]; !strings.Contains(text, "var Spec = assets.Spec") {
		t.Errorf("the assets are not lent: %q", text)
	}
}
