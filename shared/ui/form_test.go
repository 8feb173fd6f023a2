package ui_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"switchyard/shared/auth"
	"switchyard/shared/ui"
)

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestInput(t *testing.T) {
	t.Parallel()
	f := ui.Form{Name: "f", Values: url.Values{"email": {`a"><script>`}, "password": {"hunter2"}}}
	plain := render(t, ui.Input(f, ui.Field{Name: "email", Label: "E-mail <address>", Type: "email", Autocomplete: "username", Hint: "Yours."}))
	for _, want := range []string{
		`<label for="f-email">E-mail &lt;address&gt;`, `id="f-email"`, `type="email"`, `value="a&#34;&gt;&lt;script&gt;"`,
		`autocomplete="username"`, `aria-describedby="f-email-hint"`, ` required`, `id="f-email-hint"`,
	} {
		if !strings.Contains(plain, want) {
			t.Errorf("the field lacks %s: %s", want, plain)
		}
	}
	for _, banned := range []string{"autofocus", "aria-invalid", "placeholder"} {
		if strings.Contains(plain, banned) {
			t.Errorf("the field has %s", banned)
		}
	}
	f.Problem = ui.Problem{Text: "No <such> thing.", Fields: []string{"password"}}
	secret := render(t, ui.Input(f, ui.Field{Name: "password", Label: "Password", Type: "password", Hint: "Long."}))
	if strings.Contains(secret, "hunter2") {
		t.Error("a password is shown again")
	}
	for _, want := range []string{`aria-invalid="true"`, " autofocus", `aria-describedby="f-problem f-password-hint"`} {
		if !strings.Contains(secret, want) {
			t.Errorf("the field lacks %s: %s", want, secret)
		}
	}
	trouble := render(t, ui.Trouble(f))
	if !strings.Contains(trouble, `id="f-problem"`) || !strings.Contains(trouble, "No &lt;such&gt; thing.") || strings.Contains(trouble, "autofocus") {
		t.Errorf("trouble: %s", trouble)
	}
	f.Problem.Fields = nil
	if got := render(t, ui.Trouble(f)); !strings.Contains(got, "autofocus") {
		t.Errorf("nothing has the focus: %s", got)
	}
	if got := render(t, ui.Trouble(ui.Form{})); got != "" {
		t.Errorf("trouble without a problem: %s", got)
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	f := ui.Form{Name: "f", Values: url.Values{"a": {"on"}, "days": {"7"}}}
	if got := render(t, ui.Check(f, "a", "A")); !strings.Contains(got, " checked") {
		t.Errorf("not ticked: %s", got)
	}
	if got := render(t, ui.Check(f, "b", "B")); strings.Contains(got, " checked") {
		t.Errorf("ticked: %s", got)
	}
	menu := render(t, ui.Select(f, "days", "Days", []ui.Choice{{Value: "1", Label: "one"}, {Value: "7", Label: "seven"}}))
	if !strings.Contains(menu, `<option value="7" selected>`) || strings.Count(menu, "selected") != 1 {
		t.Errorf("menu: %s", menu)
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	k := open(t)
	show := func(u auth.User) string {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(auth.With(t.Context(), u, auth.Session{}), http.MethodGet, "/", nil)
		k.Show(w, r, ui.Page{Title: "A", Body: templ.Raw("")})
		return w.Body.String()
	}
	if got := show(auth.User{}); !strings.Contains(got, `href="/sign-in"`) || strings.Contains(got, "/sign-out") {
		t.Errorf("to nobody: %s", got)
	}
	if got := show(auth.User{ID: "1", Name: "<i>Ada", Email: "a@b.cc"}); !strings.Contains(got, "<bdi>&lt;i&gt;Ada</bdi>") ||
		!strings.Contains(got, `<form method="post" action="/sign-out">`) || strings.Contains(got, `href="/sign-in"`) {
		t.Errorf("to Ada: %s", got)
	}
	if got := show(auth.User{ID: "1", Name: " ", Email: "a@b.cc"}); !strings.Contains(got, "<bdi>a@b.cc</bdi>") {
		t.Errorf("to one without a name: %s", got)
	}
}

func TestServeForm(t *testing.T) {
	t.Parallel()
	k := open(t)
	submitted := func(r *http.Request) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		show := func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("shown")) }
		submit := func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("sent " + r.PostForm.Get("a"))) }
		k.ServeForm(w, r, show, submit)
		return w
	}
	serve := func(r *http.Request) *httptest.ResponseRecorder {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
		return submitted(r)
	}
	request := func(method, body string) *http.Request {
		return httptest.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(body))
	}
	if w := serve(request(http.MethodGet, "")); w.Body.String() != "shown" {
		t.Errorf("GET: %s", w.Body)
	}
	if w := serve(request(http.MethodPost, "a=b")); w.Body.String() != "sent b" {
		t.Errorf("POST: %s", w.Body)
	}
	if w := serve(request(http.MethodPut, "a=b")); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("PUT: %d %v", w.Code, w.Header())
	}
	if w := serve(request(http.MethodPost, "a=%zz")); w.Code != http.StatusBadRequest {
		t.Errorf("a malformed form: %d", w.Code)
	}
	for _, body := range []string{"a=%00", "a=b&a=%FF", "%00=b"} {
		if w := serve(request(http.MethodPost, body)); w.Code != http.StatusBadRequest {
			t.Errorf("a form that cannot be kept, %s: %d %s", body, w.Code, w.Body)
		}
	}
	for _, media := range []string{"application/json", "multipart/form-data; boundary=x", "text/plain", ";", ""} {
		r := request(http.MethodPost, "a=b")
		r.Header.Set("Content-Type", media)
		if w := submitted(r); w.Code != http.StatusUnsupportedMediaType {
			t.Errorf("a body of the type %q: %d %s", media, w.Code, w.Body)
		}
	}
	big := request(http.MethodPost, "a="+strings.Repeat("b", 100))
	big.Body = http.MaxBytesReader(nil, big.Body, 10)
	if w := serve(big); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a form that is too large: %d", w.Code)
	}
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	k := open(t)
	for problem, want := range map[*ui.Problem]int{
		{Text: "No."}: http.StatusBadRequest, {Text: "Later.", Status: 429, Retry: 7}: http.StatusTooManyRequests,
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		k.Refuse(w, r, *problem, ui.Page{Title: "A", Body: templ.Raw(""), FormOrigins: []string{"https://github.com"}})
		if w.Code != want || (w.Header().Get("Retry-After") == "7") != (problem.Retry == 7) {
			t.Errorf("%s: %d %v", problem.Text, w.Code, w.Header())
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https://github.com;") {
			t.Errorf("policy %s", policy)
		}
	}
}
