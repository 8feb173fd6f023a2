package account

import (
	"net/url"
	"testing"

	"switchyard/shared/auth/betterauth/internal/wire"
	"switchyard/shared/config"
)

// What JavaScript's functions return, as Node 20 does.
func TestEncode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, component, form string }{
		{"", "", ""},
		{"AZaz09", "AZaz09", "AZaz09"},
		{"-_.!~*'()", "-_.!~*'()", "-_.%21%7E*%27%28%29"},
		{";,/?:@&=+$#", "%3B%2C%2F%3F%3A%40%26%3D%2B%24%23", "%3B%2C%2F%3F%3A%40%26%3D%2B%24%23"},
		{" ", "%20", "+"},
		{"%20", "%2520", "%2520"},
		{"%2A%21", "%252A%2521", "%252A%2521"},
		{"\x00\t\r\n\x7f", "%00%09%0D%0A%7F", "%00%09%0D%0A%7F"},
		{`"<>\^` + "`{|}", "%22%3C%3E%5C%5E%60%7B%7C%7D", "%22%3C%3E%5C%5E%60%7B%7C%7D"},
		{"é€😀", "%C3%A9%E2%82%AC%F0%9F%98%80", "%C3%A9%E2%82%AC%F0%9F%98%80"},
	} {
		if got := encodeURIComponent(c.in); got != c.component {
			t.Errorf("encodeURIComponent(%q) = %q, want %q", c.in, got, c.component)
		}
		if got := formEncode(c.in); got != c.form {
			t.Errorf("formEncode(%q) = %q, want %q", c.in, got, c.form)
		}
	}
}

// What new URL(callback, base) and searchParams.set make of it, as Node 20 does.
func TestResolve(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("https://shop.example")
	if err != nil {
		t.Fatal(err)
	}
	r := New(Config{Auth: config.Auth{URL: config.URL{URL: base}}})
	for callback, want := range map[string]string{
		"/":                              "https://shop.example/?token=t",
		"/reset":                         "https://shop.example/reset?token=t",
		"/reset?":                        "https://shop.example/reset?token=t",
		"/reset?a=b#c":                   "https://shop.example/reset?a=b&token=t#c",
		"/reset?a=%20~*&b&&c==":          "https://shop.example/reset?a=+%7E*&b=&c=%3D&token=t",
		"/reset?token=1&a=2&token=3":     "https://shop.example/reset?token=t&a=2",
		"/reset?%74oken=1":               "https://shop.example/reset?token=t",
		"/reset?z=1&a=2":                 "https://shop.example/reset?z=1&a=2&token=t",
		"/a/../b":                        "https://shop.example/b?token=t",
		"/é":                             "https://shop.example/%C3%A9?token=t",
		"/.//evil.example":               "https://shop.example//evil.example?token=t",
		"https://app.example":            "https://app.example/?token=t",
		"https://app.example:8443/x?y#z": "https://app.example:8443/x?y=&token=t#z",
		"myapp://reset":                  "myapp://reset?token=t",
		"myapp:reset?a=b":                "myapp:reset?a=b&token=t",
	} {
		got, err := r.resolve(callback, "token", "t")
		if err != nil || got != wire.Redirect(want) {
			t.Errorf("%q: got %q, %v, want %q", callback, got, err, want)
		}
	}
	if got, err := r.resolve("/%zz", "token", "t"); err == nil {
		t.Errorf("a URL that cannot be read leads to %q", got)
	}
}

// What appendQueryParams makes of it (@better-auth/core, src/utils/url.ts), but for
// paths that would lead elsewhere.
func TestAppendError(t *testing.T) {
	t.Parallel()
	for callback, want := range map[string]string{
		"/":                    "/?error=X",
		"/x?":                  "/x?error=X",
		"/x?a=b":               "/x?a=b&error=X",
		"/x?a=b&":              "/x?a=b&error=X",
		"/x?a=%20b&error=Y#z?": "/x?a=%20b&error=Y&error=X#z?",
		"/.//evil.example":     "/.//evil.example?error=X",
		"/x/..//evil.example":  "/x/..//evil.example?error=X",
		"https://app.example":  "https://app.example/?error=X",
		"myapp://x":            "myapp://x?error=X",
	} {
		got, err := appendError(callback, "X")
		if err != nil || got != wire.Redirect(want) {
			t.Errorf("%q: got %q, %v, want %q", callback, got, err, want)
		}
	}
	if got, err := appendError("/%zz", "X"); err == nil {
		t.Errorf("a URL that cannot be read leads to %q", got)
	}
}
