package seal

import (
	"bytes"
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

// canonical is base64url in the one form that an encoder gives it, but for line breaks.
var canonical = base64.RawURLEncoding.Strict() //nolint:gochecknoglobals // a constant, were it one

// closing is the end of INNER.
var closing = []byte("}") //nolint:gochecknoglobals // a constant, were it no slice

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
	if c, ok := k.opened.get(value); ok {
		return c, true
	}
	c, ok := k.openSession(value)
	if ok {
		k.opened.put(value, c)
	}
	return c, ok
}

func (k *Keyring) openSession(value string) (Cached, bool) {
	if len(value) > maxSealed {
		return Cached{}, false
	}
	raw, err := canonical.DecodeString(value)
	if err != nil || strings.ContainsAny(value, "\r\n") {
		return Cached{}, false
	}
	inner, expires, signature, ok := splitCached(raw)
	if !ok || !k.made(signature, base64.RawURLEncoding, bytes.TrimSuffix(inner, closing), []byte(cachedExpires), expires, closing) {
		return Cached{}, false
	}
	return parseCached(string(inner), string(expires))
}

// splitCached takes the cookie's text apart without reading it as JSON: nothing
// unsigned gets that far, and a text has one way to be taken apart.
func splitCached(text []byte) (inner, expires, signature []byte, ok bool) {
	text, head := bytes.CutPrefix(text, []byte(cachedHead))
	text, tail := bytes.CutSuffix(text, []byte(cachedTail))
	sign := bytes.LastIndex(text, []byte(cachedSign))
	if !head || !tail || sign < 0 {
		return nil, nil, nil, false
	}
	text, signature = text[:sign], text[sign+len(cachedSign):]
	at := bytes.LastIndex(text, []byte(cachedExpires))
	if at < 0 {
		return nil, nil, nil, false
	}
	inner, expires = text[:at], text[at+len(cachedExpires):]
	return inner, expires, signature, bytes.HasSuffix(inner, closing)
}

// signedText returns what is signed: inner, which ends in "}", and its time.
func signedText(inner, expires string) string {
	return strings.TrimSuffix(inner, "}") + cachedExpires + expires + "}"
}

// parseCached reads what is signed. The keys of its objects may have any order.
func parseCached(inner, expires string) (Cached, bool) {
	ms, err := strconv.ParseInt(expires, 10, 64)
	if err != nil {
		return Cached{}, false
	}
	c := Cached{ExpiresAt: time.UnixMilli(ms).UTC()}
	session, user, updatedAt, ok := readCached(inner)
	if !ok {
		session, user, updatedAt, ok = decodeCached(inner)
	}
	if !ok || session.Token == "" || session.UserID == "" || session.UserID != user.ID {
		return Cached{}, false
	}
	c.Session, c.User, c.UpdatedAt = session, user, time.UnixMilli(updatedAt).UTC()
	return c, true
}

// decodeCached reads what is signed as JSON.
func decodeCached(inner string) (s auth.Session, u auth.User, updatedAt int64, ok bool) {
	var c struct {
		Session   cachedSession `json:"session"`
		User      cachedUser    `json:"user"`
		UpdatedAt int64         `json:"updatedAt"`
		Version   string        `json:"version"`
	}
	err := json.Unmarshal([]byte(inner), &c)
	return c.Session.session(), c.User.user(), c.UpdatedAt, err == nil && c.Version == cachedVersion
}
