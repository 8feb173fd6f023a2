package seal_test

import (
	"encoding/json"
	"os"
	"testing"

	"switchyard/shared/auth/betterauth/internal/seal"
)

// golden is what a Better Auth on Node made of its secret.
type golden struct {
	Secret        string
	SignedCookies []struct{ Value, OnTheWire string }

	EmailVerificationJwt, ChangeEmailJwt struct {
		Token   string
		Payload struct {
			seal.Claims

			Iat, Exp int64
		}
	}

	SessionData      struct{ CookieValue, UserName, DecodedUTF8 string }
	LinkSessionToken struct{ Plaintext, Encrypted string }
	// Encrypted with a key that no link state has.
	EncryptedOAuthToken struct{ Encrypted string }
}

func loadGolden(t testing.TB) golden {
	t.Helper()
	raw, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// Secrets that Better Auth would never have used.
const (
	newSecret   = "a-new-secret-0123456789abcdefghijklmno"
	otherSecret = "somebody-elses-0123456789abcdefghijkl"
)

// rings returns a keyring of the golden secret alone, one in which it is the old
// secret, and one without it.
func rings(g golden) (own, rotated, other *seal.Keyring) {
	return seal.NewKeyring(g.Secret), seal.NewKeyring(newSecret, g.Secret), seal.NewKeyring(otherSecret)
}
