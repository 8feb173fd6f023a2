package serve

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"

	"switchyard/router/internal/answer"
)

// Look shows people what went wrong, in the look of the product.
type Look interface {
	// Trouble answers with a page that says message, with this status.
	Trouble(w http.ResponseWriter, r *http.Request, status int, message string)
}

// writePage answers with a page that says what p is.
func (x *exchange) writePage(r *http.Request, p *answer.Problem) {
	p.Prepare(x.Header())
	if look := x.host.config.Look; look != nil {
		look.Trouble(x, r, p.Status, p.Detail)
		return
	}
	writePlain(x, p)
}

// writePlain answers with a page that has no look of a product.
func writePlain(w http.ResponseWriter, p *answer.Problem) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", plainPolicy)
	w.WriteHeader(p.Status)
	_, _ = fmt.Fprintf(w, plainPage, plainStyle, html.EscapeString(p.Title), html.EscapeString(p.Detail), html.EscapeString(p.RequestID))
}

// plainStyle is the style of plainPage, and plainPolicy allows nothing else.
const plainStyle = `
body { max-width: 40rem; margin: 15vh auto; padding: 0 1.25rem; font: 1rem/1.55 system-ui, sans-serif; color: light-dark(#1b1d23, #ecedf1); background: light-dark(#f6f6f3, #14151a); }
a { color: light-dark(#3a55d9, #93a5ff); }
small { color: light-dark(#5d616b, #a2a7b3); }
`

var plainPolicy = fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", digest(plainStyle)) //nolint:gochecknoglobals // a constant, were it no hash

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// plainPage is shown where nobody brought a look. Its parts are its style, the title, what is
// wrong, and the request's id.
const plainPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>%[2]s</title>
<style>%[1]s</style>
</head>
<body>
<main>
<h1>%[2]s</h1>
<p>%[3]s</p>
<p><a href="/">Go to the start</a></p>
<p><small>If you ask somebody about it, tell them this: <code>%[4]s</code></small></p>
</main>
</body>
</html>
`

// prefersPage reports whether the client that sent the header Accept would rather have a page than
// a document for programs: it names text/html, and no JSON that it likes as well. A client
// that takes anything is a program.
func prefersPage(accept []string) bool {
	var page, document float64
	for _, line := range accept {
		for entry := range strings.SplitSeq(line, ",") {
			media, parameters, _ := strings.Cut(entry, ";")
			switch media = strings.ToLower(strings.Trim(media, " \t")); {
			case media == "text/html", media == "application/xhtml+xml":
				page = max(page, quality(parameters))
			case media == "application/json", strings.HasSuffix(media, "+json"):
				document = max(document, quality(parameters))
			}
		}
	}
	return page > document
}

// quality returns the weight among parameters, from 0 to 1; 1 if there is none.
func quality(parameters string) float64 {
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.Trim(p, " \t"), "=")
		if !strings.EqualFold(name, "q") {
			continue
		}
		q, err := strconv.ParseFloat(value, 64)
		if err != nil || q < 0 || q > 1 {
			return 0
		}
		return q
	}
	return 1
}
