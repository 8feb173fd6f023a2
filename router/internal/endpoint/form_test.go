package endpoint_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
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

		Pictures []huma.FormFile `form:"pictures" contentType:"text/plain, image/*" required:"false"`
		Any      huma.FormFile   `form:"any" required:"false"`
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
	api, mux := endpoint.NewAPI("Shop", "1"), http.NewServeMux()
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
		"other case":      {"/upload", []string{"title=ab", "TITLE=cd"}, "", 422, `"form.TITLE"`},
		"unknown":         {"/upload", []string{"title=ab", "other=1"}, "", 422, `"form.other"`},
		"a file twice":    {"/upload", []string{"title=ab", "file=x"}, "", 422, `"form.file"`},
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

// sendParts posts a form of these parts to the endpoint upload. Each has the form
// "name|filename|type|text", of which filename and type may be empty.
func sendParts(t *testing.T, parts ...string) *httptest.ResponseRecorder {
	t.Helper()
	handler, err := endpoint.NewAPI("Shop", "1").Add("api/upload", fn.Endpoint{Route: "POST /upload"}, endpoint.New(upload{}))
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, part := range parts {
		said := strings.SplitN(part, "|", 4)
		header := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=%q", said[0])}}
		if said[1] != "" {
			header.Set("Content-Disposition", fmt.Sprintf("form-data; name=%q; filename=%q", said[0], said[1]))
		}
		if said[2] != "" {
			header.Set("Content-Type", said[2])
		}
		if p, err := w.CreatePart(header); err == nil {
			_, _ = io.WriteString(p, said[3])
		}
	}
	_ = w.Close()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/upload", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	got := httptest.NewRecorder()
	handler.ServeHTTP(got, r)
	return got
}

// What is a file and what is text, the Input says, and not the sender.
func TestFormParts(t *testing.T) {
	t.Parallel()
	const file, title = "file|a.txt|text/plain|hello", "title|||ab"
	for name, tt := range map[string]struct {
		parts  []string
		status int
		want   string // in the answer
	}{
		"as expected":             {[]string{file, title}, 200, `"ab5 []hello"`},
		"text as a file":          {[]string{file, "title|x||ab"}, 422, `"form.title"`},
		"text twice, as a file":   {[]string{file, title, "title|x||a"}, 422, `"form.title"`},
		"optional text as a file": {[]string{file, title, "count|x||7"}, 422, `"form.count"`},
		"a file as text":          {[]string{"file|||hello", title}, 422, `"form.file"`},
		"an unknown file":         {[]string{file, title, "file2|b.txt|text/plain|x"}, 422, `"form.file2"`},
		"a charset":               {[]string{"file|a.txt|Text/Plain; charset=utf-8|hello", title}, 200, `"ab5 []hello"`},
		"no type":                 {[]string{"file|a.txt||hello", title}, 200, `"ab5 []hello"`},
		"an empty file":           {[]string{"file|a.txt||", title}, 200, `"ab5 []"`},
		"no type, binary":         {[]string{"file|a.txt||\x00\x01", title}, 422, `"form.file"`},
		"another type":            {[]string{"file|a.txt|image/png|hello", title}, 422, `"form.file"`},
		"another type in a list":  {[]string{file, title, "pictures|a|image/gif|x", "pictures|b|application/x-msdownload|x"}, 422, `"form.pictures[1]"`},
		"types of a list":         {[]string{file, title, "pictures|a|image/gif|x", "pictures|b|text/plain|x"}, 200, `"ab5 []hello"`},
		"any type":                {[]string{file, title, "any|a|application/x-msdownload|x"}, 200, `"ab5 []hello"`},
		"no file":                 {[]string{title}, 422, `"form.file"`},
	} {
		got := sendParts(t, tt.parts...)
		if got.Code != tt.status || !strings.Contains(got.Body.String(), tt.want) {
			t.Errorf("%s: %d %s, want %d with %s", name, got.Code, got.Body, tt.status, tt.want)
		}
	}
}
