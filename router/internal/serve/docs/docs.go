// Package docs shows the OpenAPI document of the endpoints, as a page and as it is.
package docs

import (
	"compress/gzip"
	"fmt"
	"html"
	"io"
	"net/http"
	"path"
	"time"

	swagger "github.com/swaggest/swgui/v5/static"

	"switchyard/internal/coding"
	"switchyard/internal/static"
	"switchyard/router/internal/answer"
	"switchyard/router/internal/serve"
	"switchyard/shared/fault"
)

// The page that shows the OpenAPI document. Swagger UI itself is embedded by
// swgui, so that the page works without the internet; its style attributes are
// why styles may be inline.
const (
	docsPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · %s</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="docs"><a href="/openapi.json">The OpenAPI document</a></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`
	docsScript = `SwaggerUIBundle({
	url: "/openapi.json",
	dom_id: "#docs",
	deepLinking: true,
	validatorUrl: null,
	presets: [SwaggerUIBundle.presets.apis],
	layout: "BaseLayout",
});
`
	docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// Pages returns the pages that show an OpenAPI document with this title.
func Pages(title string, document []byte) []serve.Page {
	page := fmt.Sprintf(docsPage, html.EscapeString(title))
	return []serve.Page{
		{Pattern: "GET /openapi.json", Name: "openapi", Show: text("application/json", document)},
		{Pattern: "GET /docs", Name: "docs", Show: text("text/html; charset=utf-8", []byte(page))},
		{Pattern: "GET /docs/start.js", Name: "docs", Show: text("text/javascript; charset=utf-8", []byte(docsScript))},
		{Pattern: "GET /docs/{asset}", Name: "docs", Show: asset},
	}
}

// text returns a page of fixed content, which caches have to ask about.
func text(contentType string, content []byte) http.HandlerFunc {
	fixed := static.New(contentType, content)
	return func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-cache")
		header.Set("Content-Security-Policy", docsPolicy)
		fixed.ServeHTTP(w, r)
	}
}

// asset serves a file of Swagger UI. Those that compress well are embedded
// compressed.
func asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("asset")
	header := w.Header()
	switch path.Ext(name) {
	case ".js":
		header.Set("Content-Type", "text/javascript; charset=utf-8")
	case ".css":
		header.Set("Content-Type", "text/css; charset=utf-8")
	case ".png":
		header.Set("Content-Type", "image/png")
	default:
		name = "none"
	}
	file, err := swagger.FS.Open(name)
	packed := err != nil
	if packed {
		file, err = swagger.FS.Open(name + ".gz")
	}
	if err != nil {
		answer.Write(w, r, fault.New(fault.NotFound, "There is nothing here."))
		return
	}
	defer file.Close()
	header.Set("Cache-Control", "public, max-age=86400")
	header.Set("Vary", "Accept-Encoding")
	content, _ := file.(io.ReadSeeker) // as every file of an embed.FS is
	switch {
	case packed && coding.Choose(r.Header["Accept-Encoding"], coding.Gzip) != coding.Gzip:
		unpack(w, r, content)
		return
	case packed:
		header.Set("Content-Encoding", "gzip")
	}
	http.ServeContent(w, r, "", time.Time{}, content)
}

// unpack answers with what compressed holds.
func unpack(w http.ResponseWriter, r *http.Request, compressed io.Reader) {
	plain, err := gzip.NewReader(compressed)
	if err != nil {
		answer.Write(w, r, err)
		return
	}
	_, _ = io.Copy(w, plain) // a client that went away
}
