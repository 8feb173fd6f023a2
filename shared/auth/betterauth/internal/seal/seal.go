// Package seal makes and reads what Better Auth signs, encrypts and encodes:
// cookies, e-mail tokens, cached sessions and ids, byte for byte as version 1.7
// does.
package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"sync"
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
type Keyring struct {
	secrets []*secret
	opened  opened
}

// secret makes the signatures of one secret. What it takes to make one is kept for the next.
type secret struct {
	text string
	macs sync.Pool // of *mac
}

// mac makes a signature, and keeps it until the next.
type mac struct {
	hash.Hash

	sum [sha256.Size]byte
}

func newSecret(text string) *secret {
	return &secret{text, sync.Pool{New: func() any { return &mac{Hash: hmac.New(sha256.New, []byte(text))} }}}
}

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
	k := &Keyring{opened: newOpened()}
	for _, s := range secrets {
		k.secrets = append(k.secrets, newSecret(s))
	}
	return k
}

// mac returns the HMAC-SHA256 of text under the secret that signs.
func (k *Keyring) mac(text string) []byte {
	sum := k.secrets[0].mac([]byte(text))
	return sum[:]
}

// made reports whether signature, as enc writes it, is that of the text that has these
// parts, under one of the secrets. What enc writes is compared, and not bytes: base64
// that was changed where it carries no bits is refused.
func (k *Keyring) made(signature []byte, enc *base64.Encoding, parts ...[]byte) bool {
	for _, secret := range k.secrets {
		var text [signatureLen]byte
		sum := secret.mac(parts...)
		if hmac.Equal(enc.AppendEncode(text[:0], sum[:]), signature) {
			return true
		}
	}
	return false
}

// mac returns the HMAC-SHA256 of the text that has these parts.
func (s *secret) mac(parts ...[]byte) [sha256.Size]byte {
	m, _ := s.macs.Get().(*mac)
	defer s.macs.Put(m)
	m.Reset()
	for _, part := range parts {
		m.Write(part)
	}
	m.Sum(m.sum[:0])
	return m.sum
}

// FormatTime returns t as the wire has it: "2006-01-02T15:04:05.000Z".
func FormatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
