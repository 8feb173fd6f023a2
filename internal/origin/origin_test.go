package origin_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode"

	"switchyard/internal/origin"
)

const base = "https://shop.example"

func TestCallback(t *testing.T) {
	t.Parallel()
	rules := origin.New("HTTPS://Shop.example:443/api/auth", []string{
		"https://app.example", "http://localhost:3000", "https://*.wild.example", "myapp://signed-in", "",
	})
	for u, want := range map[string]bool{
		"/":                                   true,
		"/dash?a=b&to=https://evil.example#x": true,
		"/dash?to=//evil.example":             true,
		base:                                  true,
		base + "/dash":                        true,
		"https://app.example:443/x":           true,
		"http://localhost:3000/":              true,
		"https://a.b.wild.example?x":          true,
		"myapp://signed-in/now":               true,

		"":                              false,
		"dash":                          false,
		"//evil.example":                false,
		`/\evil.example`:                false,
		"/%2F%2Fevil.example":           false,
		"/%5cevil.example":              false,
		"/..//evil.example":             false,
		"/\t/evil.example":              false,
		"/x\r\nSet-Cookie: a=b":         false,
		"/\xff":                         false,
		"http://shop.example":           false,
		"https://shop.example:8443":     false,
		"https://shop.example.":         false,
		"https://shop.example.evil":     false,
		"https://shop.example@evil.io":  false,
		`https://evil.io\@shop.example`: false,
		"https://wild.example":          false,
		"https://localhost:3000":        false,
		"javascript:alert(1)":           false,
		"data:text/html,x":              false,
		"myapp://evil":                  false,
		"null":                          false,
	} {
		if got := rules.Callback(u); got != want {
			t.Errorf("Callback(%q) = %v, want %v", u, got, want)
		}
	}
}

func TestNoEntryIsForScripts(t *testing.T) {
	t.Parallel()
	rules := origin.New(base, []string{"javascript:", "javascript://", "data:", "*", "**", "*://*", "vbscript://**"})
	for _, u := range []string{
		"javascript:alert(1)", "JavaScript:alert(1)", "javascript://shop.example/%0aalert(1)", "data:text/html,x", "vbscript:x",
	} {
		if rules.Callback(u) {
			t.Errorf("%q is trusted", u)
		}
	}
}

func TestBrokenSettings(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "shop.example", "://", "https://", "\xff"} {
		rules := origin.New(base, []string{"", "\xff*", "*\xff://", `\`, "*:", "://", "[", "(*", "%zz:*//%zz", "https://*["})
		for _, u := range []string{"", "https://", "https://shop.example", "://", "\xff", base} {
			if rules.Callback(u) {
				t.Errorf("with the base %q %q is trusted", base, u)
			}
		}
	}
}

// FuzzCallback asks net/url, which reads URLs by other rules than browsers, where a
// trusted one leads to.
func FuzzCallback(f *testing.F) {
	rules := origin.New(base, []string{"https://*.wild.example", "myapp://in/app"})
	for _, seed := range []string{
		"/a?b#c", "/%2e%2e/x", base + "/a", "https://a@b.wild.example:443?x", "https://a.wild.example", "myapp://in/app/../app/x",
		`https://evil.example\@shop.example`, "https://shop.example:@evil.example", "//evil.example", "https://[::1]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, u string) {
		if !rules.Callback(u) {
			return
		}
		if strings.ContainsFunc(u, unicode.IsControl) {
			t.Fatalf("%q may end a header", u)
		}
		// What follows the path leads nowhere, and net/url is pickier about it.
		u, _, _ = strings.Cut(u, "#")
		u, _, _ = strings.Cut(u, "?")
		to, err := url.Parse(u)
		if err != nil {
			return // nothing in Go follows it
		}
		here, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		to = here.ResolveReference(to)
		host := strings.ToLower(to.Hostname())
		inApp := to.Scheme == "myapp" && host == "in"
		if host != "shop.example" && !strings.HasSuffix(host, ".wild.example") && !inApp {
			t.Fatalf("%q leads to %q", u, to)
		}
	})
}

// What calls is an origin as browsers write it, of a page or of an app.
func TestCalls(t *testing.T) {
	t.Parallel()
	rules := origin.New("https://shop.example", []string{
		"https://app.example", "http://localhost:3000", "https://*.wild.example", "*.bare.example", "capacitor://localhost", "myapp://",
	})
	for text, want := range map[string]bool{
		"https://shop.example":      true,
		"https://app.example":       true,
		"http://localhost:3000":     true,
		"https://a.b.wild.example":  true,
		"http://a.bare.example":     true,
		"capacitor://localhost":     true,
		"myapp://anything":          true,
		"http://shop.example":       false,
		"http://app.example":        false,
		"https://app.example:8443":  false,
		"https://app.example:443":   false,
		"https://app.example/":      false,
		"https://app.example/path":  false,
		"https://APP.example":       false,
		"https://u@app.example":     false,
		"https://app.example.evil":  false,
		"https://evilwild.example":  false,
		"https://wild.example":      false,
		"capacitor://localhost/x":   false,
		"https://app.example, null": false,
		"null":                      false,
		"":                          false,
		"*":                         false,
	} {
		if got := rules.Calls(text); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
	if !rules.Own("https://shop.example") || rules.Own("http://shop.example") || rules.Own("") {
		t.Error("its own origin is not what it should be")
	}
}
