// Package docs shows the OpenAPI document of the endpoints: as pages, and as it is. The pages
// are made from it once, when somebody first asks, and need no script.
package docs

import (
	"bytes"
	"context"
	_ "embed"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"switchyard/internal/static"
	"switchyard/router/internal/serve"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
	"switchyard/shared/ui"
)

const policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed docs.css
var style []byte

// site is the pages of a project's API.
type site struct {
	project fn.Project
	kit     *ui.Kit
	made    func() (*pages, error) // once
}

// pages are the pages as they are sent. Of thousands of endpoints they are large, so that they
// are kept compressed.
type pages struct {
	document, overview http.Handler
	groups             map[string]http.Handler
}

// Pages returns the pages that show the API's document of a project.
func Pages(project fn.Project, document func() ([]byte, error)) ([]serve.Page, error) {
	kit, err := ui.Open(context.Background(), project) //nolint:forbidigo // it reads what is embedded
	if err != nil {
		return nil, err
	}
	s := &site{project: project, kit: kit}
	s.made = sync.OnceValues(func() (*pages, error) { return s.render(document) })
	css := static.New("text/css; charset=utf-8", style)
	return []serve.Page{
		{Pattern: "GET /openapi.json", Name: "openapi", Show: s.show(func(p *pages, _ string) http.Handler { return p.document })},
		{Pattern: "GET /docs", Name: "docs", Show: s.show(func(p *pages, _ string) http.Handler { return p.overview })},
		{Pattern: "GET /docs/{group}", Name: "docs", Show: s.show(func(p *pages, group string) http.Handler { return p.groups[group] })},
		{Pattern: "GET /docs/assets/docs.css", Name: "docs", Show: func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Cache-Control", "no-cache")
			css.ServeHTTP(w, r)
			return nil
		}},
		{Pattern: "GET /docs/assets/{name}", Name: "docs", Show: s.serveAsset},
	}, nil
}

// show answers with one of the pages; with 404 if there is none.
func (s *site) show(choose func(p *pages, group string) http.Handler) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		all, err := s.made()
		if err != nil {
			return err
		}
		page := choose(all, r.PathValue("group"))
		if page == nil {
			return fault.New(fault.NotFound, "There is no such part of the API.")
		}
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("Content-Security-Policy", policy)
		page.ServeHTTP(w, r)
		return nil
	}
}

// render makes the pages.
func (s *site) render(document func() ([]byte, error)) (*pages, error) {
	text, err := document()
	if err != nil {
		return nil, err
	}
	d, err := read(text)
	if err != nil {
		return nil, err
	}
	groups := d.groups()
	p := &pages{document: static.Pack("application/json", text), groups: map[string]http.Handler{}}
	if p.overview, err = packed(s.overview(d, groups)); err != nil {
		return nil, err
	}
	for _, g := range groups {
		if p.groups[g.name], err = packed(s.endpoints(g)); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func packed(page templ.Component) (http.Handler, error) {
	var html bytes.Buffer
	if err := page.Render(context.Background(), &html); err != nil { //nolint:forbidigo // it is for whoever asks
		return nil, err
	}
	return static.Pack("text/html; charset=utf-8", html.Bytes()), nil
}

const assets = "/docs/assets/"

// asset returns where a file of the shared style is served: a project without pages serves none.
func (s *site) asset(name string) string { return assets + path.Base(s.kit.Path(name)) }

func (s *site) serveAsset(w http.ResponseWriter, r *http.Request) error {
	at := *r.URL
	at.Path = ui.Prefix + strings.TrimPrefix(at.Path, assets)
	asked := *r
	asked.URL = &at
	s.kit.ServeAsset(w, &asked)
	return nil
}

// home returns where the project's name leads.
func (s *site) home() string {
	if s.project.Has("/") {
		return "/"
	}
	return "/docs"
}
