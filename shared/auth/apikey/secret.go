package apikey

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"
)

// Prefix is how every key begins, so that people and scanners know one.
const Prefix = "sw_"

// After the prefix a key has this many random characters, 238 bits of chance: far
// too many to guess, so that a fast hash is enough to keep it by.
const randomLength = 40

// hintLength is how much of a key is kept to be shown.
const hintLength = len(Prefix) + 4

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// newSecret returns a new key.
func newSecret() string {
	// Bytes from here on would make the first characters more likely than the last.
	const even = 256 - 256%len(alphabet)
	secret := make([]byte, 0, len(Prefix)+randomLength)
	secret = append(secret, Prefix...)
	for len(secret) < cap(secret) {
		var random [randomLength]byte
		_, _ = rand.Read(random[:]) // never fails
		for _, b := range random {
			if int(b) < even && len(secret) < cap(secret) {
				secret = append(secret, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(secret)
}

// wellFormed reports whether text could be a key.
func wellFormed(text string) bool {
	random, ok := strings.CutPrefix(text, Prefix)
	return ok && len(random) == randomLength && strings.Trim(random, alphabet) == ""
}

// hash returns what is stored of a key.
func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
