// Package password hashes passwords as Better Auth does (scrypt), a bounded number
// at once: a hash takes 32 MiB and much of a processor.
package password

import "context"

// Hasher hashes passwords. It is safe for concurrent use.
type Hasher struct{}

// New returns a hasher that makes parallel hashes at once and lets up to waiting
// callers wait for their turn.
func New(parallel, waiting int) *Hasher { panic("not built yet") }

// Hash returns the hash of password with a fresh salt. When too many wait, or ctx
// ends before its turn, it fails with fault.Unavailable.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) { panic("not built yet") }

// Verify reports whether hash was made of password. A hash that is none, such as
// "", costs as much and is false. It fails like Hash.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (bool, error) {
	panic("not built yet")
}
