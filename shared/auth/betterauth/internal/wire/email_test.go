package wire_test

import (
	"strings"
	"testing"

	"switchyard/shared/auth/betterauth/internal/wire"
)

func TestIsEmail(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"ada@example.com":            true,
		"Ada.Lovelace+x@Example.COM": true,
		"o'brien_-1@a-b.c-d.io":      true,
		"a@1.ab":                     true,
		"a@b-.cd":                    true,
		"":                           false,
		"@example.com":               false,
		"ada":                        false,
		"ada@":                       false,
		"ada@example":                false,
		"ada@example.c":              false,
		"ada@example.c0m":            false,
		"ada@-example.com":           false,
		"ada@exa_mple.com":           false,
		"ada@.com":                   false,
		"ada@example..com":           false,
		"ada@example.com.":           false,
		".ada@example.com":           false,
		"ada.@example.com":           false,
		"ada'@example.com":           false,
		"a..b@example.com":           false,
		"a@b@example.com":            false,
		" ada@example.com":           false,
		"ada@example.com ":           false,
		"ada@example.com\n":          false,
		"äda@example.com":            false,
		"ada@exämple.com":            false,
		"\"ada\"@example.com":        false,
		"ada@[127.0.0.1]":            false,
		"a{b@example.com":            false,
		"a[b@example.com":            false,

		strings.Repeat("a", 308) + "@example.com": true,
		strings.Repeat("a", 309) + "@example.com": false,
	}
	for s, want := range tests {
		if got := wire.IsEmail(s); got != want {
			t.Errorf("IsEmail(%q) = %v, want %v", s, got, want)
		}
	}
}
