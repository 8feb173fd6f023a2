// Package seal makes and reads what Better Auth signs, encrypts and encodes:
// cookies, e-mail tokens, cached sessions and ids, byte for byte as version 1.7
// does.
package seal

import (
	"errors"
	"time"

	"switchyard/shared/auth"
)

// Why a token is refused.
var (
	ErrInvalid = errors.New("the token is not one of ours")
	ErrExpired = errors.New("the token has expired")
)

// Keyring holds the secrets. The first makes signatures, all of them check them,
// so that a secret can be replaced without signing anybody out. It is safe for
// concurrent use.
type Keyring struct{ secrets []string }

// NewKeyring returns a keyring of these secrets, of which there must be one.
func NewKeyring(secrets ...string) *Keyring { return &Keyring{secrets: secrets} }

// Sign returns value with its signature, percent-encoded: what a cookie holds.
func (k *Keyring) Sign(value string) string { panic("not built yet") }

// Open returns the value that a signed cookie holds, as the browser sent it, or
// false if no secret of ours made its signature.
func (k *Keyring) Open(cookie string) (value string, ok bool) { panic("not built yet") }

// Claims are what an e-mail token says.
type Claims struct {
	Email       string `json:"email"`
	UpdateTo    string `json:"updateTo,omitempty"`
	RequestType string `json:"requestType,omitempty"`
	UserID      string `json:"userId,omitempty"`
}

// SignJWT returns a compact JWT with claims, issued now and good for life.
func (k *Keyring) SignJWT(c Claims, now time.Time, life time.Duration) string { panic("not built yet") }

// OpenJWT returns what token says. It fails with ErrExpired or ErrInvalid.
func (k *Keyring) OpenJWT(token string, now time.Time) (Claims, error) { panic("not built yet") }

// Cached is a session as the cookie session_data holds it.
type Cached struct {
	Session   auth.Session
	User      auth.User
	UpdatedAt time.Time
	ExpiresAt time.Time // of the cached copy, not of the session
}

// SealSession returns the value of the cookie session_data ("compact").
func (k *Keyring) SealSession(c Cached) string { panic("not built yet") }

// OpenSession reads a value of the cookie session_data. It is false if the
// signature or the form is wrong; whether a time has passed is for the caller.
func (k *Keyring) OpenSession(value string) (Cached, bool) { panic("not built yet") }

// EncryptLink encrypts the session token that an OAuth state for linking carries.
func (k *Keyring) EncryptLink(token string) string { panic("not built yet") }

// DecryptLink reverses EncryptLink.
func (k *Keyring) DecryptLink(sealed string) (token string, ok bool) { panic("not built yet") }

// ID returns a new row id or session token: 32 letters and digits.
func ID() string { panic("not built yet") }

// ResetToken returns a new token for resetting a password: 24 letters and digits.
func ResetToken() string { panic("not built yet") }

// DeleteToken returns a new token for deleting an account: 32 lower-case letters
// and digits.
func DeleteToken() string { panic("not built yet") }

// State returns n characters for OAuth: letters, digits, "-" and "_".
func State(n int) string { panic("not built yet") }

// FormatTime returns t as the wire has it: "2006-01-02T15:04:05.000Z".
func FormatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
