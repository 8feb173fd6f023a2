package endpoint_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/router/internal/endpoint"
	"switchyard/shared/fn"
)

// upload takes a form with a file.
type upload struct{}

type uploadInput struct {
	RawBody huma.MultipartFormFiles[struct {
		File  huma.FormFile `form:"file" contentType:"text/plain"`
		Title string        `form:"title" minLength:"2"`
		Count int           `form:"count" default:"5" required:"false" multipleOf:"0.5"`
		IDs   []int         `form:"ids" required:"false"`
	}]
}

func (upload) Handle(_ context.Context, in *uploadInput) (*struct{ Body string }, error) {
	form := in.RawBody.Data()
	text, err := io.ReadAll(form.File)
	return &struct{ Body string }{fmt.Sprint(form.Title, form.Count, form.IDs, string(text))}, err
}

// multi takes a form as it is.
type multi struct{}

func (multi) Handle(_ context.Context, in *struct{ RawBody multipart.Form }) (*struct{ Body string }, error) {
	return &struct{ Body string }{fmt.Sprint(in.RawBody.Value)}, nil
}

func TestForms(t *testing.T) {
	t.Parallel()
	api, mux := endpoint.NewAPI("1"), http.NewServeMux()
	for route, b := range map[string]endpoint.Binding{"POST /upload": endpoint.New(upload{}), "POST /multi": endpoint.New(multi{})} {
		h, err := api.Add("api"+strings.TrimPrefix(route, "POST "), fn.Endpoint{Route: route}, b)
		if err != nil {
			t.Fatal(err)
		}
		mux.Handle(route, h)
	}
	for name, tt := range map[string]struct {
		path   string
		fields []string // of the form
		as     string   // its Content-Type, if that is another one
		status int
		want   string // in the answer
	}{
		"all":             {"/upload", []string{"title=ab", "count=0", "ids=1", "ids=2"}, "", 200, `"ab0 [1 2] hello"`},
		"a default":       {"/upload", []string{"title=ab"}, "", 200, `"ab5 [] hello"`},
		"one value twice": {"/upload", []string{"title=ab", "title=cd"}, "", 422, "form.title"},
		"too short":       {"/upload", []string{"title=a"}, "", 422, "form.title"},
		"missing":         {"/upload", nil, "", 422, "form.title"},
		"a zero byte":     {"/upload", []string{"title=a\x00b"}, "", 422, "form.title"},
		"not UTF-8":       {"/upload", []string{"title=a\xffb"}, "", 422, "form.title"},
		"another type":    {"/upload", []string{"title=ab"}, "application/x-www-form-urlencoded", 415, "multipart/form-data"},
		"JSON":            {"/multi", []string{"a=b"}, "application/json", 415, "multipart/form-data"},
		"no boundary":     {"/multi", []string{"a=b"}, "multipart/form-data", 422, "cannot read multipart form"},
		"as it is":        {"/multi", []string{"a=b", "a=c"}, "", 200, "a:[b c]"},
	} {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for _, f := range tt.fields {
			field, value, _ := strings.Cut(f, "=")
			_ = w.WriteField(field, value)
		}
		if file, err := w.CreatePart(map[string][]string{
			"Content-Disposition": {`form-data; name="file"; filename="a.txt"`}, "Content-Type": {"text/plain"},
		}); err == nil {
			_, _ = io.WriteString(file, " hello")
		}
		_ = w.Close()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, tt.path, &body)
		r.Header.Set("Content-Type", w.FormDataContentType())
		if tt.as != "" {
			r.Header.Set("Content-Type", tt.as)
		}
		got := httptest.NewRecorder()
		mux.ServeHTTP(got, r)
		if got.Code != tt.status || !strings.Contains(got.Body.String(), tt.want) {
			t.Errorf("%s: %d %s, want %d with %s", name, got.Code, got.Body, tt.status, tt.want)
		}
	}
}
