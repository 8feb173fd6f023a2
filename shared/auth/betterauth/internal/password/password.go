// Package password hashes passwords as Better Auth does (scrypt), a bounded number
// at once: a hash takes 32 MiB and much of a processor.
//
// Others wait, a bounded number for a bounded time. Whoever guesses goes behind everybody
// else: see [queue] and [history]. What is known of clients is of this process, and forgotten
// with it.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/crypto/scrypt"
	"golang.org/x/text/unicode/norm"
)

// What Better Auth gives scrypt (RFC 7914): N, r, p and the lengths in bytes.
const (
	scryptN = 16384
	scryptR = 16
	scryptP = 1
	keyLen  = 64
	saltLen = 16
)

// Hasher hashes passwords. It is safe for concurrent use.
type Hasher struct{ queue *queue }

// New returns a hasher that makes parallel hashes at once and lets up to waiting
// callers wait for their turn.
func New(parallel, waiting int) *Hasher { return &Hasher{queue: newQueue(parallel, waiting)} }

// Hash returns the hash of password with a fresh salt, for whoever c is. When too many wait
// who go first, or ctx ends before its turn, it fails with fault.Unavailable.
func (h *Hasher) Hash(ctx context.Context, c Client, password string) (string, error) {
	raw := make([]byte, saltLen)
	_, _ = rand.Read(raw) // never fails; it ends the program instead
	salt := hex.EncodeToString(raw)
	key, err := h.derive(ctx, c, password, salt)
	if err != nil {
		return "", err
	}
	h.queue.learn(c, false)
	return salt + ":" + hex.EncodeToString(key), nil
}

// Verify reports whether hash was made of password. A hash that is none, such as
// "", costs as much and is false. It fails like Hash.
func (h *Hasher) Verify(ctx context.Context, c Client, hash, password string) (bool, error) {
	salt, want, ok := parse(hash)
	if !ok {
		salt, want = strings.Repeat("0", 2*saltLen), make([]byte, keyLen)
	}
	key, err := h.derive(ctx, c, password, salt)
	if err != nil {
		return false, err
	}
	right := subtle.ConstantTimeCompare(key, want) == 1 && ok
	h.queue.learn(c, right)
	return right, nil
}

// parse reads "<salt>:<key>": any text, which ours writes as 32 hex digits, and
// 128 digits of lower-case hex.
func parse(hash string) (salt string, key []byte, ok bool) {
	salt, digits, found := strings.Cut(hash, ":")
	key, err := hex.DecodeString(digits)
	if !found || salt == "" || err != nil || len(key) != keyLen || digits != strings.ToLower(digits) {
		return "", nil, false
	}
	return salt, key, true
}

// derive returns the key of password in NFKC. The salt is the text as it stands in
// the hash, and not what its hex digits mean. With more than 30 combining marks in
// a row the form that norm makes is not JavaScript's (UAX 15, Stream-Safe Text), so
// that such a password fits here alone.
func (h *Hasher) derive(ctx context.Context, c Client, password, salt string) ([]byte, error) {
	leave, err := h.queue.enter(ctx, c)
	if err != nil {
		return nil, err
	}
	defer leave()
	key, err := scrypt.Key([]byte(norm.NFKC.String(password)), []byte(salt), scryptN, scryptR, scryptP, keyLen)
	if err != nil {
		return nil, fmt.Errorf("hash a password: %w", err)
	}
	return key, nil
}
