// Package deep is what a function has below it.
package deep

// Take returns so many bytes.
func Take(bytes int) []byte { return make([]byte, bytes) }
