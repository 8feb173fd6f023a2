package seal

import "crypto/rand"

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
)

// ID returns a new row id or session token: 32 letters and digits.
func ID() string { return random(32, lower+upper+digits) }

// ResetToken returns a new token for resetting a password: 24 letters and digits.
func ResetToken() string { return random(24, lower+upper+digits) }

// DeleteToken returns a new token for deleting an account: 32 lower-case letters
// and digits.
func DeleteToken() string { return random(32, lower+digits) }

// State returns n characters for OAuth: letters, digits, "-" and "_".
func State(n int) string { return random(n, lower+upper+digits+"-_") }

// random returns n characters of alphabet, each as likely as any other.
func random(n int, alphabet string) string {
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
