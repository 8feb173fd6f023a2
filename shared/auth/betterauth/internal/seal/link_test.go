package seal_test

import (
	"strings"
	"testing"

	"switchyard/shared/auth/betterauth/internal/seal"
)

func TestGoldenLink(t *testing.T) {
	t.Parallel()
	g := loadGolden(t)
	own, rotated, other := rings(g)
	link := g.LinkSessionToken
	for _, k := range []*seal.Keyring{own, rotated} {
		for _, sealed := range []string{link.Encrypted, "$ba$2$" + link.Encrypted, strings.ToUpper(link.Encrypted)} {
			if got, ok := k.DecryptLink(sealed); !ok || got != link.Plaintext {
				t.Errorf("DecryptLink(%q) = %q, %v, want %q", sealed, got, ok, link.Plaintext)
			}
		}
	}
	if _, ok := other.DecryptLink(link.Encrypted); ok {
		t.Error("another secret opened it")
	}
}

func TestLinkSurvives(t *testing.T) {
	t.Parallel()
	own, rotated, _ := rings(loadGolden(t))
	for _, token := range []string{"", "3R8YYMTuBAUI8xQ2MwEOKqXdgL5vJFAM", strings.Repeat("x", 1000)} {
		sealed := rotated.EncryptLink(token)
		if got, ok := rotated.DecryptLink(sealed); !ok || got != token {
			t.Errorf("%q came back as %q, %v", token, got, ok)
		}
		if _, ok := own.DecryptLink(sealed); ok {
			t.Error("the old secret encrypted")
		}
		if sealed == rotated.EncryptLink(token) {
			t.Error("twice the same nonce")
		}
	}
}

func TestDecryptLinkRefuses(t *testing.T) {
	t.Parallel()
	g := loadGolden(t)
	own, _, _ := rings(g)
	sealed := g.LinkSessionToken.Encrypted
	for name, v := range map[string]string{
		"empty":                "",
		"no hex":               "zz",
		"half a byte":          sealed[1:],
		"nonce alone":          sealed[:48],
		"shorter than a nonce": sealed[:46],
		"tag cut":              sealed[:len(sealed)-2],
		"changed":              sealed[:60] + "0000" + sealed[64:],
		"another nonce":        "00" + sealed[2:],
		"version alone":        "$ba$2$",
		"no end of version":    "$ba$2" + sealed,
		"over the limit":       sealed + strings.Repeat("00", 64<<10),
		"with the other key":   g.EncryptedOAuthToken.Encrypted,
	} {
		if got, ok := own.DecryptLink(v); ok {
			t.Errorf("%s: %q", name, got)
		}
	}
}
