package fronttest

import (
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"switchyard/shared/auth/betterauth"
)

// Browser is a browser without JavaScript. It keeps cookies, and sends forms as
// they are in a page.
type Browser struct {
	Agent  string // its User-Agent
	Origin string // where it says the forms that it sends are
	tb     testing.TB
	site   *Site
	jar    *cookiejar.Jar
}

// Page is what a browser was answered.
type Page struct {
	Status   int
	Location string
	Header   http.Header
	Body     string
	browser  *Browser
	path     string
}

// Browser returns one that has not been here before.
func (s *Site) Browser(tb testing.TB) *Browser {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	must(tb, err)
	return &Browser{
		Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Origin: Origin,
		tb: tb, site: s, jar: jar,
	}
}

// Get opens a page. It does not follow redirects.
func (b *Browser) Get(path string) *Page { return b.send(http.MethodGet, path, nil) }

// Post sends a form that need not be in any page.
func (b *Browser) Post(path string, form url.Values) *Page {
	return b.send(http.MethodPost, path, form)
}

// JSON sends JSON to a route of Better Auth, as its client library does.
func (b *Browser) JSON(route, body string) *Page {
	r := b.request(http.MethodPost, betterauth.BasePath+route, body)
	r.Header.Set("Content-Type", "application/json")
	return b.do(r)
}

// SignUp makes an account for Ada with this address. The browser is signed in
// then, unless the address has to be verified first.
func (b *Browser) SignUp(email string) {
	b.tb.Helper()
	b.JSON("/sign-up/email", `{"name":"Ada","email":"`+email+`","password":"`+Password+`"}`).Has(http.StatusOK)
}

func (b *Browser) send(method, path string, form url.Values) *Page {
	r := b.request(method, path, form.Encode())
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(r)
}

func (b *Browser) request(method, path, body string) *http.Request {
	target := path
	if !strings.HasPrefix(path, Origin) {
		target = Origin + path
	}
	r := httptest.NewRequestWithContext(b.tb.Context(), method, target, strings.NewReader(body))
	r.Header.Set("User-Agent", b.Agent)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	if method == http.MethodPost {
		r.Header.Set("Origin", b.Origin)
	}
	for _, c := range b.jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	return r
}

func (b *Browser) do(r *http.Request) *Page {
	w := httptest.NewRecorder()
	b.site.mux.ServeHTTP(w, r)
	resp := w.Result()
	b.jar.SetCookies(r.URL, resp.Cookies())
	return &Page{
		Status: w.Code, Location: w.Header().Get("Location"), Header: w.Header(), Body: w.Body.String(),
		browser: b, path: r.URL.Path,
	}
}

// Submit sends the first form of the page that contains mark, such as the text of
// its button. What the form holds already is sent as well, unless filled says
// otherwise, in pairs "name=value".
func (p *Page) Submit(mark string, filled ...string) *Page {
	p.browser.tb.Helper()
	for _, f := range regexp.MustCompile(`(?s)<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>`).FindAllStringSubmatch(p.Body, -1) {
		if !strings.Contains(f[2], mark) {
			continue
		}
		sent := fields(f[2])
		for _, pair := range filled {
			name, value, _ := strings.Cut(pair, "=")
			if !strings.Contains(f[2], `name="`+name+`"`) {
				p.browser.tb.Fatalf("the form with %q has no field %q", mark, name)
			}
			sent.Set(name, value)
		}
		return p.browser.Post(html.UnescapeString(f[1]), sent)
	}
	p.browser.tb.Fatalf("%s: %d %q has no form with %q:\n%s", p.path, p.Status, p.Location, mark, p.Body)
	return nil
}

// fields returns what a form would send as it is.
func fields(form string) url.Values {
	tags := regexp.MustCompile(`<(input|button|select|option) [^>]*>`)
	names, values := regexp.MustCompile(` name="([^"]*)"`), regexp.MustCompile(` value="([^"]*)"`)
	sent := url.Values{}
	var menu []string // the name of the select before
	for _, tag := range tags.FindAllStringSubmatch(form, -1) {
		name, value := names.FindStringSubmatch(tag[0]), values.FindStringSubmatch(tag[0])
		switch {
		case tag[1] == "select":
			menu = name
		case tag[1] == "option" && strings.Contains(tag[0], " selected"):
			name = menu
		}
		box := strings.Contains(tag[0], `type="checkbox"`) && !strings.Contains(tag[0], " checked")
		if name == nil || value == nil || box {
			continue
		}
		sent.Set(html.UnescapeString(name[1]), html.UnescapeString(value[1]))
	}
	return sent
}

// Has fails the test unless the page has this status and all these texts.
func (p *Page) Has(status int, texts ...string) *Page {
	p.browser.tb.Helper()
	if p.Status != status {
		p.browser.tb.Errorf("%s: status %d, want %d", p.path, p.Status, status)
	}
	for _, text := range texts {
		if !strings.Contains(p.Body, text) {
			p.browser.tb.Errorf("%s lacks %q:\n%s", p.path, text, p.Body)
		}
	}
	useful := strings.Contains(p.Body, " data-copy=") || strings.Contains(p.Body, `<meta name="live"`) // which are of no use without
	if strings.Contains(p.Body, "<script") && !useful {
		p.browser.tb.Errorf("%s has a script", p.path)
	}
	return p
}

// Leads fails the test unless the page is a redirect to this place after a form.
func (p *Page) Leads(to string) *Page {
	p.browser.tb.Helper()
	if p.Status != http.StatusSeeOther || p.Location != to {
		p.browser.tb.Fatalf("%s: %d to %q, want 303 to %q:\n%s", p.path, p.Status, p.Location, to, p.Body)
	}
	return p
}
