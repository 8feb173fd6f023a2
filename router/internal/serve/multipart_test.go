package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/internal/await"
	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/lambda"
	"switchyard/router/internal/serve"
	"switchyard/shared/fn"
)

// TestMain gives the tests a temporary folder of their own, so that they can say what
// stays in it.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "serve-test-")
	if err == nil {
		err = os.Setenv("TMPDIR", dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

type formInput struct {
	RawBody huma.MultipartFormFiles[struct {
		File huma.FormFile `form:"file" contentType:"text/plain" required:"true"`
		Note string        `form:"note" required:"true"`
	}]
}

// form takes a form, and says whether it lies in the temporary folder.
type form struct{ then func(context.Context) }

func (f form) Handle(ctx context.Context, in *formInput) (*echoOutput, error) {
	out := &echoOutput{}
	out.Body.Name = fmt.Sprint(spilled(in.RawBody.Form))
	f.then(ctx)
	return out, nil
}

// spilled reports whether there is a temporary file for the form's file.
func spilled(f *multipart.Form) bool {
	for _, headers := range f.File {
		file, err := headers[0].Open()
		if err != nil {
			return false
		}
		_, spilled := file.(*os.File)
		_ = file.Close()
		return spilled
	}
	return false
}

// forms are functions that take a form and then end in many ways.
func forms() []function.Function {
	const max = 1 << 20
	spec := func(name string) fn.Endpoint {
		return fn.Endpoint{Route: "POST /" + name, Summary: name, Access: fn.Public, MaxBody: max}
	}
	pageSpec := func(name string, access fn.Access) fn.Page {
		return fn.Page{Route: "POST /" + name, Access: access, MaxBody: max}
	}
	pageOf := func(then func()) func() any {
		return func() any {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := r.ParseMultipartForm(1 << 10); err != nil {
					http.Error(w, err.Error(), http.StatusBadRequest)
					return
				}
				then()
				_, _ = fmt.Fprint(w, spilled(r.MultipartForm))
			})
		}
	}
	late := spec("endpoint-late")
	late.Timeout = 500 * time.Millisecond
	return []function.Function{
		typed("endpoint", spec("endpoint"), endpoint.New(form{func(context.Context) {}})),
		typed("endpoint-panic", spec("endpoint-panic"), endpoint.New(form{func(context.Context) { panic("hunter2") }})),
		typed("endpoint-late", late, endpoint.New(form{func(ctx context.Context) { <-ctx.Done() }})),
		{Name: "page", Spec: pageSpec("page", fn.Public), Bind: pageOf(func() {})},
		{Name: "page-signed-in", Spec: pageSpec("page-signed-in", fn.SignedIn), Bind: pageOf(func() {})},
		{Name: "page-panic", Spec: pageSpec("page-panic", fn.Public), Bind: pageOf(func() { panic("hunter2") })},
	}
}

// Nothing of a form stays in the temporary folder after its answer, whatever that is.
func TestFormsLeaveNothing(t *testing.T) { //nolint:paralleltest // what stays is looked at after each
	host := start(t, serve.Config{Functions: forms()})
	for name, tt := range map[string]struct { //nolint:paralleltest // as above
		path    string
		fields  []string
		headers []string
		status  int
		body    string // part of the answer
	}{
		"endpoint":                   {"/endpoint", []string{"note"}, nil, 200, `"name":"true"`},
		"refused endpoint":           {"/endpoint", nil, nil, 422, ""},
		"endpoint that panics":       {"/endpoint-panic", []string{"note"}, nil, 500, ""},
		"endpoint that takes longer": {"/endpoint-late", []string{"note"}, nil, 200, ""},
		"page":                       {"/page", nil, nil, 200, "true"},
		"page for users":             {"/page-signed-in", nil, []string{"X-Who: ada"}, 200, "true"},
		"page that panics":           {"/page-panic", nil, nil, 500, ""},
	} {
		t.Run(name, func(t *testing.T) {
			body, contentType := formOf(t, tt.fields...)
			got := send(t, http.MethodPost, host.url+tt.path, body, append(tt.headers, "Content-Type: "+contentType)...)
			if got.status != tt.status || !strings.Contains(got.body, tt.body) {
				t.Errorf("got %+v, want %d %q", got, tt.status, tt.body)
			}
			nothingLeft(t)
		})
	}
}

// A Lambda answers by the same host, and may live for hours.
func TestFormsLeaveNothingOnLambda(t *testing.T) { //nolint:paralleltest // what stays is looked at after it
	host, err := serve.New(serve.Config{Functions: forms()[:1]})
	if err != nil {
		t.Fatal(err)
	}
	body, contentType := formOf(t, "note")
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	event, err := json.Marshal(map[string]any{
		"version": "2.0", "rawPath": "/endpoint", "body": text, "isBase64Encoded": true,
		"headers":        map[string]string{"content-type": contentType, "host": "shop.example"},
		"requestContext": map[string]any{"http": map[string]string{"method": "POST", "path": "/endpoint"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := lambda.New(lambda.Config{HTTP: host.Handler()}).Invoke(t.Context(), event)
	if err != nil || !strings.Contains(string(reply), `\"name\":\"true\"`) {
		t.Fatalf("got %s, %v", reply, err)
	}
	nothingLeft(t)
}

// nothingLeft fails the test if something of a form stays. The answer may be here before
// the handler has returned.
func nothingLeft(t *testing.T) {
	t.Helper()
	await.That(t, "nothing is left", func() bool {
		left, _ := filepath.Glob(filepath.Join(os.TempDir(), "multipart-*"))
		return len(left) == 0
	})
}

// formOf returns a form with a file of 50 kB and these fields.
func formOf(t *testing.T, fields ...string) (body io.Reader, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreatePart(map[string][]string{
		"Content-Disposition": {`form-data; name="file"; filename="a.txt"`}, "Content-Type": {"text/plain"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(bytes.Repeat([]byte("x"), 50<<10))
	for _, name := range fields {
		_ = w.WriteField(name, "x")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b, w.FormDataContentType()
}
