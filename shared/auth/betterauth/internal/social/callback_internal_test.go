package social

import (
	"net/url"
	"testing"
)

func TestWithQuery(t *testing.T) {
	t.Parallel()
	params := url.Values{"error": {"a b"}}
	for in, want := range map[string]string{
		"/a":                   "/a?error=a+b",
		"/a?":                  "/a?error=a+b",
		"/a?b=%20c&":           "/a?b=%20c&error=a+b",
		"/a?b=c#d?e":           "/a?b=c&error=a+b#d?e",
		"/a#":                  "/a?error=a+b#",
		"https://x.example":    "https://x.example?error=a+b",
		"myapp://sign-in#done": "myapp://sign-in?error=a+b#done",
	} {
		if got := withQuery(in, params); got != want {
			t.Errorf("withQuery(%q) = %q, want %q", in, got, want)
		}
	}
}
