// Package seal encrypts secrets that the database keeps and the program has to read again, such
// as the secret that signs webhooks. A secret that is only compared is hashed instead.
package seal

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"switchyard/shared/config"
)

// ErrSealed is the error of a text that none of the keys opens: the secret that it was
// sealed with is not among those of the environment any more, or it belongs elsewhere.
var ErrSealed = errors.New("seal: none of the keys opens this")

// info tells these keys from others that are made of the same secrets.
const info = "switchyard:seal:v1"

// Box seals and opens. It is safe for concurrent use.
type Box struct{ keys []cipher.AEAD }

// Open returns the box whose keys are made of the secrets of c.
func Open(_ context.Context, c config.Sealing) (*Box, error) {
	b := &Box{}
	for _, secret := range c.Keys() {
		key, err := hkdf.Key(sha256.New, []byte(secret), nil, info, chacha20poly1305.KeySize)
		if err != nil {
			return nil, fmt.Errorf("seal: derive a key: %w", err)
		}
		aead, err := chacha20poly1305.NewX(key)
		if err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
		b.keys = append(b.keys, aead)
	}
	if len(b.keys) == 0 {
		return nil, errors.New("seal: there is no secret")
	}
	return b, nil
}

// Seal returns a random nonce and behind it text, encrypted by XChaCha20-Poly1305. It can be
// opened only for the same owner, such as "webhook " and an id, so that nobody can copy the
// secret of one row of the database into another row.
func (b *Box) Seal(owner, text string) []byte {
	nonce := make([]byte, chacha20poly1305.NonceSizeX, chacha20poly1305.NonceSizeX+len(text)+chacha20poly1305.Overhead)
	_, _ = rand.Read(nonce) // never fails; it ends the program instead
	return b.keys[0].Seal(nonce, nonce, []byte(text), []byte(owner))
}

// Open reverses Seal, or fails with [ErrSealed].
func (b *Box) Open(owner string, sealed []byte) (string, error) {
	if len(sealed) < chacha20poly1305.NonceSizeX {
		return "", ErrSealed
	}
	nonce, text := sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:]
	for _, key := range b.keys {
		if open, err := key.Open(nil, nonce, text, []byte(owner)); err == nil {
			return string(open), nil
		}
	}
	return "", ErrSealed
}
