package files_test

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// addresses are those at the bucket that a page loads or leads to.
var addresses = regexp.MustCompile(`(?:src|href)="(http[^"]+)"`)

// scripts uploads what would do something in somebody's browser, under names that would, too.
func scripts(ada, _, nobody desk) {
	t := ada.T
	const script = `<script>alert("body")</script>`
	for _, tt := range []struct{ name, mime, body string }{
		{`"><script>alert(1)</script>.html`, "text/html", "<!doctype html>" + script},
		{`' onmouseover=alert(1) x='.svg`, "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">` + script + `</svg>`},
		{`<img src=x onerror=alert(1)>.png`, "image/png", `<svg xmlns="http://www.w3.org/2000/svg">` + script + `</svg>`},
		{`a"; filename="b.html`, "application/pdf", "<html>" + script},
		{`javascript:alert(1)`, "text/plain", script},
		{`{{alert(1)}}</title><script>alert(1)</script>`, "application/xhtml+xml", `<html xmlns="http://www.w3.org/1999/xhtml">` + script + `</html>`},
		{`a.gif`, "text/html", "GIF89a/*" + script + "*/=1;"},
		{"a.txt", `text/html; charset="<script>alert(1)</script>"`, "%PDF-1.4 " + script},
	} {
		f := ada.settled(ada.upload(tt.name, tt.mime, []byte(tt.body)).ID)
		public := ""
		if f.Status == "ready" {
			public = "/s/" + ada.share(f.ID, map[string]any{})
		}
		for who, pages := range map[*desk][]string{&ada: {"/", "/?view=grid", "/files/" + f.ID}, &nobody: {public}} {
			for _, page := range pages {
				if page != "" {
					harmless(t, *who, page, tt.name)
				}
			}
		}
		body, header := ada.fetch("/api/files/" + f.ID + "/content")
		attached(t, header, tt.name)
		if string(body) != tt.body {
			t.Errorf("%s: downloaded %q", tt.name, body)
		}
		if public == "" {
			continue
		}
		_, _, header = nobody.text(http.MethodPost, public, "action=download")
		address := header.Get("Location")
		_, got, shown := load(t, address)
		if attached(t, shown, tt.name); got != tt.body {
			t.Errorf("%s: the link downloads %q", tt.name, got)
		}
		forged(t, address)
	}
}

// harmless looks at a page that shows a file with a bad name, and at what it loads.
func harmless(t testing.TB, d desk, page, name string) {
	t.Helper()
	status, body, header := d.text(http.MethodGet, page, "")
	if status != http.StatusOK {
		t.Fatalf("%s: status %d", page, status)
	}
	for _, bad := range []string{"<script>", "<img src=x", `href="javascript:`, `' onmouseover`, "</title><script"} {
		if strings.Contains(body, bad) {
			t.Errorf("%s, of %s, has %s", page, name, bad)
		}
	}
	policy := header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "base-uri 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("%s: the policy %q lacks %q", page, policy, want)
		}
	}
	if header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s may be taken for something else", page)
	}
	for _, m := range addresses.FindAllStringSubmatch(body, -1) {
		address := strings.ReplaceAll(m[1], "&amp;", "&")
		_, _, header := load(t, address)
		kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
		safe := []string{"text/plain", "application/pdf", "image/png", "image/gif", "image/jpeg"}
		if !slices.Contains(safe, kind) || strings.HasPrefix(address, d.URL+"/") {
			t.Errorf("%s loads %s of type %s", page, address, kind)
		}
	}
}

// attached wants the answer to be saved under the file's name, and not shown.
func attached(t testing.TB, header http.Header, name string) {
	t.Helper()
	said := header.Get("Content-Disposition")
	kind, params, err := mime.ParseMediaType(said)
	if saved := strings.ReplaceAll(name, "/", "_"); err != nil || kind != "attachment" || params["filename"] != saved {
		t.Errorf("%s is served as %s: %s %q, %v", name, said, kind, params["filename"], err)
	}
}

// forged changes in the address of a download what the bucket answers with.
func forged(t testing.TB, address string) {
	t.Helper()
	for name, value := range map[string]string{
		"response-content-disposition": "inline", "response-content-type": "text/html", "X-Amz-Expires": "604800",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		query := u.Query()
		query.Set(name, value)
		u.RawQuery = query.Encode()
		if status, body, _ := load(t, u.String()); status != http.StatusForbidden {
			t.Errorf("with %s=%s the bucket answers %d %s", name, value, status, body)
		}
	}
}

// load gets what is at an address of the bucket.
func load(t testing.TB, address string) (status int, body string, header http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}
