package seal

import "switchyard/shared/auth/internal/random"

// ID returns a new row id or session token: 32 letters and digits.
func ID() string { return random.Text(32, random.Letters+random.Digits) }

// ResetToken returns a new token for resetting a password: 24 letters and digits.
func ResetToken() string { return random.Text(24, random.Letters+random.Digits) }

// DeleteToken returns a new token for deleting an account: 32 lower-case letters
// and digits.
func DeleteToken() string { return random.Text(32, random.Lower+random.Digits) }

// State returns n characters for OAuth: letters, digits, "-" and "_".
func State(n int) string { return random.Text(n, random.Letters+random.Digits+"-_") }
