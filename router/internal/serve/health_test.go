package serve_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/serve"
	"switchyard/router/internal/service"
	"switchyard/shared/fault"
)

type store struct{ err error }

func (s *store) Ready(context.Context) error { return s.err }

func TestReadyz(t *testing.T) {
	t.Parallel()
	type check = func(context.Context) error
	fine := func(context.Context) error { return nil }
	for _, tt := range []struct {
		name   string
		store  error
		ready  map[string]check
		status int
		want   string
	}{
		{"nothing to ask", nil, nil, 200, `{"status":"ready","checks":{"store":"ok"}}`},
		{"all well", nil, map[string]check{"schema": fine}, 200, `{"status":"ready","checks":{"schema":"ok","store":"ok"}}`},
		{"a service fails", errors.New("dial 10.0.0.7: refused"), map[string]check{"schema": fine}, 503, `{"status":"not ready","checks":{"schema":"ok","store":"failing"}}`},
		{"a public reason", nil, map[string]check{"schema": func(context.Context) error {
			return fault.New(fault.Unavailable, "a migration is missing").Because(errors.New("hunter2"))
		}}, 503, `{"status":"not ready","checks":{"schema":"a migration is missing","store":"ok"}}`},
		{"no answer in time", nil, map[string]check{
			"a": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			"b": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		}, 503, `{"status":"not ready","checks":{"a":"failing","b":"failing","store":"ok"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			needs := service.NewSet()
			needs.Add("test", service.New("store", func(context.Context) (*store, error) { return &store{tt.store}, nil }))
			if err := needs.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			host := start(t, serve.Config{Needs: needs, Ready: tt.ready})
			got := send(t, "GET", host.url+"/readyz", nil)
			if got.status != tt.status || strings.TrimSpace(got.body) != tt.want || got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("got %d %s %v, want %d %s", got.status, got.body, got.header, tt.status, tt.want)
			}
			if got := send(t, "GET", host.url+"/livez", nil); got.status != 200 || strings.TrimSpace(got.body) != `{"status":"ok"}` {
				t.Errorf("livez: %+v", got)
			}
		})
	}
}

// Causes are for who may see the metrics.
func TestReadyzCauses(t *testing.T) {
	t.Parallel()
	failing := map[string]func(context.Context) error{"schema": func(context.Context) error {
		return fault.New(fault.Unavailable, "less than expected").Because(errors.New("the column orders.note"))
	}}
	host := start(t, serve.Config{Ready: failing, Server: open()})
	for header, want := range map[string]bool{authorized: true, authorized + "x": false, "X-Nothing: 1": false} {
		got := send(t, "GET", host.url+"/readyz", nil, header)
		if got.status != 503 || strings.Contains(got.body, "orders.note") != want || !strings.Contains(got.body, "less than expected") {
			t.Errorf("%s: got %d %s", header, got.status, got.body)
		}
	}
	if got := send(t, "GET", start(t, serve.Config{Ready: failing}).url+"/readyz", nil, "Authorization: Bearer "); strings.Contains(got.body, "orders.note") {
		t.Errorf("without a token: %s", got.body)
	}
}

func TestDocs(t *testing.T) {
	t.Parallel()
	host := start(t, serve.Config{Functions: samples(), Version: "1.2.3"})

	got := send(t, "GET", host.url+"/openapi.json", nil)
	var doc struct {
		OpenAPI string
		Info    struct{ Title, Version string }
	}
	if err := json.Unmarshal([]byte(got.body), &doc); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"3.1.0", "Shop", "1.2.3"}, []string{doc.OpenAPI, doc.Info.Title, doc.Info.Version}); diff != "" {
		t.Error(diff)
	}
	if again := send(t, "GET", host.url+"/openapi.json", nil, "If-None-Match: "+got.header.Get("ETag")); again.status != 304 {
		t.Errorf("asked again: %d", again.status)
	}

	link := regexp.MustCompile(` href="(/docs/[^"#]+|/openapi.json)`)
	paths := []string{"/docs"}
	for _, found := range link.FindAllStringSubmatch(send(t, "GET", host.url+"/docs", nil).body, -1) {
		paths = append(paths, found[1])
	}
	if len(paths) < 6 { // assets, the document, and some group
		t.Errorf("/docs leads to %v", paths[1:])
	}
	for _, path := range paths {
		packed := send(t, "GET", host.url+path, nil, "Accept-Encoding: gzip")
		plain := send(t, "GET", host.url+path, nil, "Accept-Encoding: identity")
		if packed.status != 200 || plain.status != 200 || len(plain.body) < len(packed.body) {
			t.Errorf("%s: packed %d, %d bytes; plain %d, %d bytes", path, packed.status, len(packed.body), plain.status, len(plain.body))
		}
		if strings.Contains(plain.body, "<script") {
			t.Errorf("%s has a script", path)
		}
	}
	for _, path := range []string{"/docs/nowhere", "/docs/assets/nowhere.css"} {
		if got := send(t, "GET", host.url+path, nil, "Accept: text/html"); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := send(t, "GET", host.url+"/docs/nowhere", nil, "Accept: text/html"); got.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("a group that is not there: %v", got.header)
	}
}
