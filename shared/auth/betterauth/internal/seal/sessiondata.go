package seal

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"switchyard/shared/auth"
)

// Cached is a session as the cookie session_data holds it.
type Cached struct {
	Session   auth.Session
	User      auth.User
	UpdatedAt time.Time
	ExpiresAt time.Time // of the cached copy, not of the session
}

// What stands around the cached session in the cookie's text, which is
//
//	{"session":INNER,"expiresAt":1795431505325,"signature":"..."}
//
// The signature is that of INNER with the member expiresAt at its end.
const (
	cachedHead    = `{"session":`
	cachedExpires = `,"expiresAt":`
	cachedSign    = `,"signature":"`
	cachedTail    = `"}`
)

// cachedVersion is the version that Better Auth gives the form unless configured.
const cachedVersion = "1"

// SealSession returns the value of the cookie session_data ("compact").
func (k *Keyring) SealSession(c Cached) string {
	inner := cachedObject(c)
	expires := strconv.FormatInt(c.ExpiresAt.UnixMilli(), 10)
	signature := base64.RawURLEncoding.EncodeToString(k.mac(signedText(inner, expires)))
	return base64.RawURLEncoding.EncodeToString([]byte(
		cachedHead + inner + cachedExpires + expires + cachedSign + signature + cachedTail))
}

// OpenSession reads a value of the cookie session_data. It is false if the
// signature or the form is wrong; whether a time has passed is for the caller.
func (k *Keyring) OpenSession(value string) (Cached, bool) {
	if len(value) > maxSealed {
		return Cached{}, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || base64.RawURLEncoding.EncodeToString(raw) != value {
		return Cached{}, false
	}
	inner, expires, signature, ok := splitCached(string(raw))
	if !ok || !k.made(signedText(inner, expires), signature, base64.RawURLEncoding) {
		return Cached{}, false
	}
	return parseCached(inner, expires)
}

// splitCached takes the cookie's text apart without reading it as JSON: nothing
// unsigned gets that far, and a text has one way to be taken apart.
func splitCached(text string) (inner, expires, signature string, ok bool) {
	text, head := strings.CutPrefix(text, cachedHead)
	text, tail := strings.CutSuffix(text, cachedTail)
	sign := strings.LastIndex(text, cachedSign)
	if !head || !tail || sign < 0 {
		return "", "", "", false
	}
	text, signature = text[:sign], text[sign+len(cachedSign):]
	at := strings.LastIndex(text, cachedExpires)
	if at < 0 {
		return "", "", "", false
	}
	inner, expires = text[:at], text[at+len(cachedExpires):]
	return inner, expires, signature, strings.HasSuffix(inner, "}")
}

// signedText returns what is signed: inner, which ends in "}", and its time.
func signedText(inner, expires string) string {
	return strings.TrimSuffix(inner, "}") + cachedExpires + expires + "}"
}

// parseCached reads what is signed. The keys of its objects may have any order.
func parseCached(inner, expires string) (Cached, bool) {
	var c struct {
		Session   cachedSession `json:"session"`
		User      cachedUser    `json:"user"`
		UpdatedAt int64         `json:"updatedAt"`
		Version   string        `json:"version"`
	}
	ms, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || json.Unmarshal([]byte(inner), &c) != nil {
		return Cached{}, false
	}
	if c.Version != cachedVersion || c.Session.Token == "" || c.Session.UserID == "" || c.Session.UserID != c.User.ID {
		return Cached{}, false
	}
	return Cached{
		Session:   c.Session.session(),
		User:      c.User.user(),
		UpdatedAt: time.UnixMilli(c.UpdatedAt).UTC(),
		ExpiresAt: time.UnixMilli(ms).UTC(),
	}, true
}
