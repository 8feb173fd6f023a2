package durable

import (
	"crypto/sha256"
	"sync"
	"time"

	"switchyard/internal/recent"
)

// maxKnown bounds how many entries each half of a [known] has, of about 100 bytes
// each: a thousand new ones a second, for as long as a signature is valid.
const maxKnown = 300_000

// known remembers text for at least a while, if not too much of it comes at once. It keeps
// hashes of the keys.
type known struct {
	mu     sync.Mutex
	values *recent.Map[[16]byte, string]
}

func newKnown(age time.Duration, half int) *known {
	return &known{values: recent.For[[16]byte, string](age, half)}
}

// add remembers key with value and reports true, unless it knows key already.
func (k *known) add(key, value string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	hash := hashOf(key)
	if _, known := k.values.Get(hash); known {
		return false
	}
	k.values.Put(hash, value)
	return true
}

// get returns the value of key, or "".
func (k *known) get(key string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	value, _ := k.values.Get(hashOf(key))
	return value
}

func hashOf(key string) [16]byte {
	sum := sha256.Sum256([]byte(key))
	return [16]byte(sum[:])
}
