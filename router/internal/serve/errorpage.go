package serve

import (
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
	h := x.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	x.WriteHeader(p.Status)
	_, _ = fmt.Fprintf(x, plainPage, html.EscapeString(p.Title), html.EscapeString(p.Detail), html.EscapeString(p.RequestID))
}

// plainPage is shown where nobody brought a look. Its parts are the title, what is wrong,
// and the request's id.
const plainPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>%[1]s</title>
</head>
<body>
<h1>%[1]s</h1>
<p>%[2]s</p>
<p><a href="/">Go to the start</a></p>
<p><small>If you ask somebody about it, tell them this: <code>%[3]s</code></small></p>
</body>
</html>
`

// prefersPage reports whether who sent the header Accept would rather have a page than
// a document for programs: it names text/html, and no JSON that it likes as well. What
// takes anything is a program.
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
