package apikey

import (
	"crypto/sha256"
	"strings"

	"switchyard/shared/auth/internal/random"
)

// Prefix begins every key, so that people and scanners recognize one.
const Prefix = "sw_"

// After the prefix a key has this many random characters, 238 bits of chance: far
// too many to guess, so that a fast hash is enough to keep it by.
const randomLength = 40

// hintLength is how much of a key is kept to be shown.
const hintLength = len(Prefix) + 4

const alphabet = random.Letters + random.Digits

// newSecret returns a new key.
func newSecret() string { return Prefix + random.Text(randomLength, alphabet) }

// wellFormed reports whether text could be a key.
func wellFormed(text string) bool {
	chance, ok := strings.CutPrefix(text, Prefix)
	return ok && len(chance) == randomLength && strings.Trim(chance, alphabet) == ""
}

// hash returns what is stored of a key.
func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
