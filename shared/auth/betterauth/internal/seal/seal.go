// Package seal makes and reads what Better Auth signs, encrypts and encodes:
// cookies, e-mail tokens, cached sessions and ids, byte for byte as version 1.7
// does.
package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"
)

// Why a token is refused.
var (
	ErrInvalid = errors.New("the token is not one of ours")
	ErrExpired = errors.New("the token has expired")
)

const (
	// minSecret is the length that HS256 asks for (RFC 7518, 3.2), in bytes.
	minSecret = 32
	// maxSealed is how long what is read may be, in bytes. It bounds the work that
	// a stranger can cause; what is made here is far below.
	maxSealed = 64 << 10
)

// Keyring holds the secrets. The first makes signatures, all of them check them,
// so that a secret can be replaced without signing anybody out. It is safe for
// concurrent use.
type Keyring struct{ secrets []string }

// NewKeyring returns a keyring of these secrets, of which there must be one. It
// panics if one has less than 32 bytes.
func NewKeyring(secrets ...string) *Keyring {
	if len(secrets) == 0 {
		panic("seal: no secret")
	}
	for _, s := range secrets {
		if len(s) < minSecret {
			panic("seal: a secret is too short")
		}
	}
	return &Keyring{secrets: secrets}
}

// mac returns the HMAC-SHA256 of text under the secret that signs.
func (k *Keyring) mac(text string) []byte { return mac(k.secrets[0], text) }

// made reports whether signature, as enc writes it, is that of text under one of
// the secrets. Texts are compared and not bytes: base64 that was changed where it
// carries no bits is refused.
func (k *Keyring) made(text, signature string, enc *base64.Encoding) bool {
	for _, secret := range k.secrets {
		want := enc.EncodeToString(mac(secret, text))
		if hmac.Equal([]byte(want), []byte(signature)) {
			return true
		}
	}
	return false
}

func mac(secret, text string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// FormatTime returns t as the wire has it: "2006-01-02T15:04:05.000Z".
func FormatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
