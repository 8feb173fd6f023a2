package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// EncryptLink encrypts the session token that an OAuth state for linking carries:
// hex of a nonce and of what XChaCha20-Poly1305 makes of it.
func (k *Keyring) EncryptLink(token string) string {
	nonce := make([]byte, chacha20poly1305.NonceSizeX, chacha20poly1305.NonceSizeX+len(token)+chacha20poly1305.Overhead)
	_, _ = rand.Read(nonce) // never fails; it ends the program instead
	return hex.EncodeToString(linkCipher(k.secrets[0].text).Seal(nonce, nonce, []byte(token), nil))
}

// DecryptLink reverses EncryptLink.
func (k *Keyring) DecryptLink(sealed string) (token string, ok bool) {
	if len(sealed) > maxSealed {
		return "", false
	}
	raw, err := hex.DecodeString(withoutVersion(sealed))
	if err != nil || len(raw) < chacha20poly1305.NonceSizeX {
		return "", false
	}
	nonce, box := raw[:chacha20poly1305.NonceSizeX], raw[chacha20poly1305.NonceSizeX:]
	for _, secret := range k.secrets {
		if text, err := linkCipher(secret.text).Open(nil, nonce, box, nil); err == nil {
			return string(text), true
		}
	}
	return "", false
}

// withoutVersion takes off what Better Auth puts before a value if it has several
// secrets: "$ba$2$". All secrets are tried here, so the number tells nothing.
func withoutVersion(sealed string) string {
	versioned, found := strings.CutPrefix(sealed, "$ba$")
	if !found {
		return sealed
	}
	_, value, _ := strings.Cut(versioned, "$")
	return value
}

// linkCipher returns the cipher for link states. Better Auth derives a key, writes
// it as hex, and hashes that text once more.
func linkCipher(secret string) cipher.AEAD {
	derived, err := hkdf.Key(sha256.New, []byte(secret),
		[]byte("better-auth:oauth-encryption:v1"), "better-auth:oauth-link-session-token:v1", 32)
	if err != nil {
		panic(fmt.Sprintf("seal: deriving a key of fixed length: %v", err))
	}
	key := sha256.Sum256([]byte(hex.EncodeToString(derived)))
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		panic(fmt.Sprintf("seal: a key of fixed length: %v", err))
	}
	return aead
}
