// Package random makes texts that nobody can guess: ids, tokens, keys.
package random

import "crypto/rand"

// Alphabets to choose from.
const (
	Lower   = "abcdefghijklmnopqrstuvwxyz"
	Digits  = "0123456789"
	Letters = Lower + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// Text returns n characters of alphabet, each as likely as any other.
func Text(n int, alphabet string) string {
	text := make([]byte, 0, n)
	// Bytes from here on are thrown away: they would favour the first characters.
	end := 256 - 256%len(alphabet)
	var batch [64]byte
	for len(text) < n {
		_, _ = rand.Read(batch[:]) // never fails; it ends the program instead
		for _, b := range batch {
			if int(b) < end && len(text) < n {
				text = append(text, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(text)
}
