package durable

import (
	"crypto/sha256"
	"sync"
	"time"
)

// maxRecent bounds how many entries each half of a [recent] has, of about 100 bytes
// each: a thousand new ones a second, for as long as a signature is valid.
const maxRecent = 300_000

// recent remembers text for at least a while, if not too much of it comes at once.
// It keeps hashes, in two halves of which the older one is dropped from time to time.
type recent struct {
	age time.Duration
	max int

	mu       sync.Mutex
	now, old map[[16]byte]string
	turned   time.Time
}

func newRecent(age time.Duration) *recent {
	return &recent{age: age, max: maxRecent, now: map[[16]byte]string{}, turned: time.Now()}
}

// add remembers key with value and reports true, unless it knows key already.
func (r *recent) add(key, value string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.turned) > r.age || len(r.now) >= r.max {
		r.old, r.now, r.turned = r.now, map[[16]byte]string{}, time.Now()
	}
	hash := hashOf(key)
	if _, known := r.find(hash); known {
		return false
	}
	r.now[hash] = value
	return true
}

// get returns the value of key, or "".
func (r *recent) get(key string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	value, _ := r.find(hashOf(key))
	return value
}

func (r *recent) find(hash [16]byte) (value string, known bool) {
	if value, known = r.now[hash]; !known {
		value, known = r.old[hash]
	}
	return value, known
}

func hashOf(key string) [16]byte {
	sum := sha256.Sum256([]byte(key))
	return [16]byte(sum[:])
}
