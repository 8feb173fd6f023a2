package pack_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/project"
	"switchyard/router/catalog"
	"switchyard/router/internal/function"
	"switchyard/router/internal/generate"
	"switchyard/router/internal/pack"
	"switchyard/router/internal/pack/packtest"
	"switchyard/router/internal/pack/plan"
	"switchyard/router/internal/service"
	"switchyard/shared/bucket"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

const helloSource = `// Package hello greets, and needs nothing for it.
package hello

import (
	"context"

	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{Route: "GET /api/hello/{name}", Access: fn.Public}

type Function struct{}

type Input struct {
	Name string ` + "`path:\"name\"`" + `
}

type Output struct{ Body struct{ Greeting string } }

func (Function) Handle(_ context.Context, in *Input) (*Output, error) {
	out := &Output{}
	out.Body.Greeting = "Hello " + in.Name
	return out, nil
}
`

const keepSource = `// Package keep has a bucket.
package keep

import (
	"context"

	"switchyard/shared/bucket"
	"switchyard/shared/fn"
)

var Spec = fn.Endpoint{Route: "GET /api/keep", Access: fn.Public}

type Function struct{ Bucket *bucket.Bucket }

func (Function) Handle(context.Context, *struct{}) (*struct{}, error) { return nil, nil }
`

// keep is that function as a catalog has it.
func keep() function.Function {
	env := service.NewEnv[config.Bucket]()
	return function.Function{
		Name: "api/keep", Spec: fn.Endpoint{Route: "GET /api/keep", Access: fn.Public},
		Needs: []service.Need{service.New("bucket", func(ctx context.Context) (*bucket.Bucket, error) { return bucket.Open(ctx, env.Value) }, env)},
	}
}

// repository copies this repository as it is into dir, with two functions more.
func repository(t *testing.T, dir string) (root string, functions []function.Function) {
	t.Helper()
	source := os.DirFS("../../..")
	err := fs.WalkDir(source, ".", func(name string, d fs.DirEntry, err error) error {
		switch base := filepath.Base(name); {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (base[0] == '.' || slices.Contains([]string{"bench", "dist", "node_modules", "testdata"}, base)):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(dir, name), 0o755)
		case base[0] == '.' || strings.HasSuffix(name, "_test.go") || !d.Type().IsRegular(): // .git may be a file
			return nil
		}
		content, err := fs.ReadFile(source, name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), content, 0o600)
	})
	for name, source := range map[string]string{"hello": helloSource, "keep": keepSource} {
		folder := filepath.Join(dir, "functions/api", name)
		if err == nil {
			err = os.MkdirAll(folder, 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name+".go"), []byte(source), 0o600)
		}
	}
	if err == nil {
		_, err = generate.Write(t.Context(), dir, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	functions = slices.Concat(catalog.Program().Functions, []function.Function{keep(), {
		Name: "api/hello", Spec: fn.Endpoint{Route: "GET /api/hello/{name}", Access: fn.Public},
	}})
	slices.SortFunc(functions, func(a, b function.Function) int { return strings.Compare(a.Name, b.Name) })
	return dir, functions
}

// options are those to package the functions of that name.
func options(t *testing.T, root string, all []function.Function, names ...string) pack.Options {
	t.Helper()
	o := pack.Options{
		Root: root, Out: filepath.Join(t.TempDir(), "not", "there yet"), All: all, Progress: io.Discard,
		Options: plan.Options{Target: plan.Lambda, Arch: runtime.GOARCH, Front: plan.HTTPAPI, Needs: packtest.Needs(all)},
	}
	for _, f := range all {
		if len(names) == 0 || slices.Contains(names, f.Name) {
			o.Functions = append(o.Functions, f)
		}
	}
	return o
}

// builds says that a test has the go command build programs. What there is at once in this
// process the race detector sees in TestEjected of router/tests/elsewhere.
func builds(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds programs for minutes, in which the race detector sees nothing")
	}
}

// The same source gives the same zips, wherever it lies; and what is in them is what
// their functions need.
func TestBuild(t *testing.T) {
	t.Parallel()
	builds(t)
	root, all := repository(t, filepath.Join(t.TempDir(), "here"))
	o := options(t, root, all, "api/hello", "api/keep", "api/keys/create", "jobs/mail")
	built, err := pack.Build(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(built.Units) != 4 || built.Project != project.Name() || built.Version != "devel" {
		t.Fatalf("got %d units of %q at %q", len(built.Units), built.Project, built.Version)
	}
	there, _ := repository(t, filepath.Join(t.TempDir(), "with spaces", "ünd more"))
	link := filepath.Join(t.TempDir(), "a link")
	if err := os.Symlink(there, link); err != nil {
		t.Fatal(err)
	}
	again, err := pack.Build(t.Context(), options(t, link, all, "api/hello", "api/keep", "api/keys/create", "jobs/mail"))
	if err != nil {
		t.Fatal(err)
	}
	services := []string{
		"github.com/jackc/pgx", "github.com/aws/aws-sdk-go-v2", "github.com/inngest/inngestgo",
		"github.com/prometheus/client_golang", "switchyard/shared/auth/betterauth",
	}
	never := []string{"ariga.io/atlas", "github.com/spf13/cobra", "router/internal/serve/docs", "internal/stack"}
	links := map[string][]string{
		"api-hello":       {},
		"api-keep":        {"github.com/aws/aws-sdk-go-v2"},
		"api-keys-create": {"github.com/jackc/pgx", "github.com/prometheus/client_golang", "switchyard/shared/auth/betterauth"},
		"jobs-mail":       {"github.com/jackc/pgx", "github.com/inngest/inngestgo", "github.com/prometheus/client_golang"},
	}
	for i, u := range built.Units {
		if u.SHA256 == "" || u.SHA256 != again.Units[i].SHA256 {
			t.Errorf("%s: two builds of the same source differ: %s, %s", u.Name, u.SHA256, again.Units[i].SHA256)
		}
		program := unzip(t, filepath.Join(o.Out, u.Zip))
		if int64(len(program)) != u.Unzipped {
			t.Errorf("%s: the program has %d bytes, not %d", u.Name, len(program), u.Unzipped)
		}
		for _, pkg := range slices.Concat(services, never) {
			// The names of a program's functions stay in it, and those of its modules.
			if got, want := bytes.Contains(program, []byte(pkg)), slices.Contains(links[u.Name], pkg); got != want {
				t.Errorf("%s: it links %s: %t, want %t", u.Name, pkg, got, want)
			}
		}
		for _, private := range []string{root, there, os.TempDir() + "/"} {
			if bytes.Contains(program, []byte(private)) {
				t.Errorf("%s: the program shows the folder %s", u.Name, private)
			}
		}
		if u.Name == "api-hello" {
			t.Logf("without services: zip %s, program %s", plan.Size(u.Size), plan.Size(u.Unzipped))
			if u.Size >= 5_000_000 {
				t.Errorf("%s: the zip of a function without services has %d bytes, want less than 5 MB", u.Name, u.Size)
			}
			serves(t, program)
		}
	}
	left, err := fs.Glob(os.DirFS(o.Out), "*")
	if err != nil || len(left) != 4 {
		t.Errorf("the output has %v, %v", left, err)
	}
}

// unzip returns the program in a zip, and checks how it stands there.
func unzip(t *testing.T, name string) []byte {
	t.Helper()
	z, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != 1 || z.File[0].Name != "bootstrap" || z.File[0].Mode() != 0o755 || z.File[0].Modified.Year() != 1980 {
		t.Fatalf("%s has %+v", name, z.File[0].FileHeader)
	}
	r, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	program, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// serves runs the program, which is outside of Lambda, and asks it.
func serves(t *testing.T, program []byte) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 4*time.Minute)
	defer stop()
	name := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(name, program, 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, name)
	cmd.Env = []string{"HOST=127.0.0.1", "PORT=0", "LOG_FORMAT=json"}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
	var address, said string
	for lines := bufio.NewScanner(out); address == "" && lines.Scan(); said += lines.Text() + "\n" {
		address = regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(lines.Text())
	}
	if address == "" {
		t.Fatalf("it said %q, and no address", said)
	}
	r, err := http.Get("http://" + address + "/api/hello/W%C3%B6rld")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if body, err := io.ReadAll(r.Body); err != nil || r.StatusCode != http.StatusOK || !strings.Contains(string(body), `"Hello Wörld"`) {
		t.Errorf("got %s %q, %v", r.Status, body, err)
	}
}

// What does not fit the source, or does not build, is said before anything is written.
func TestBuildFails(t *testing.T) {
	t.Parallel()
	builds(t)
	root, all := repository(t, t.TempDir())
	for _, tt := range []struct {
		name, want string
		all        []function.Function
		file       string // is replaced by text
		text       string
	}{
		{"another router", "this router was built of other functions than are here: use `go run ./router package`", catalog.Program().Functions, "", ""},
		{"a program that does not build", "router/catalog/broken.go:3:1", all, "router/catalog/broken.go", "package catalog\n\nfunc main( {}\n"},
		{"a stale catalog", "the catalog is stale; run `go generate ./...`", all, generate.Output, "package catalog\n"},
		{"a broken function", "functions/api/hello/hello.go:1: ", all, "functions/api/hello/hello.go", "package hello\n"},
	} {
		if tt.file != "" {
			if err := os.WriteFile(filepath.Join(root, tt.file), []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		o := options(t, root, tt.all, "pages/goodbye")
		_, err := pack.Build(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
		if left, err := fs.Glob(os.DirFS(o.Out), "*"); err != nil || len(left) > 0 {
			t.Errorf("%s: it left %v, %v", tt.name, left, err)
		}
	}
}

// Behind a router a function takes its word for who calls, and needs none of what would
// find it out.
func TestBuildBehind(t *testing.T) {
	t.Parallel()
	builds(t)
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, root, catalog.Program().Functions, "api/keys/list")
	o.Behind, o.Caller = true, service.NewEnv[config.Caller]()
	built, err := pack.Build(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	program := unzip(t, filepath.Join(o.Out, built.Units[0].Zip))
	for pkg, want := range map[string]bool{
		"switchyard/shared/auth/caller.": true, "switchyard/shared/auth/betterauth": false, "github.com/wneessen/go-mail": false,
	} {
		if got := bytes.Contains(program, []byte(pkg)); got != want {
			t.Errorf("it links %s: %t, want %t", pkg, got, want)
		}
	}
	var vars []string
	for _, v := range built.Units[0].Vars {
		vars = append(vars, v.Name)
	}
	want := []string{"BETTER_AUTH_NAMES", "DATABASE_MAX_CONNS", "DATABASE_UNPOOLED_URL", "DATABASE_URL", "LAMBDA_BASE_PATH", "LAMBDA_METRICS", "LOG_LEVEL", "SWITCHYARD_CALLER_KEY", "SWITCHYARD_CALLER_KEY_FALLBACK"}
	if diff := cmp.Diff(want, vars); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
}
