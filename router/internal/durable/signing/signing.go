// Package signing makes and checks the signatures by which Inngest and an SDK know each
// other. A signature reads "t=SECONDS&s=MAC": when it was made, in seconds since 1970, and
// the HMAC-SHA-256, in hexadecimal digits, over the body and that time. It stands in the
// header X-Inngest-Signature.
//
// The form is that of the SDK: github.com/inngest/inngestgo, signature.go.
package signing

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Keys are the signing keys that are in use, such as "signkey-prod-0123".
type Keys struct {
	// Current is what this side signs with. It may be empty in development.
	Current string
	// Fallback is the other one while the key is being replaced; empty if it is not.
	Fallback string
}

// All returns the keys that the other side may sign with.
func (k Keys) All() []string {
	if k.Fallback == "" {
		return []string{k.Current}
	}
	return []string{k.Current, k.Fallback}
}

// Sign returns the signature of a body, as it is, made at a time.
func Sign(key string, body []byte, at time.Time) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	return "t=" + seconds + "&s=" + hex.EncodeToString(sum(key, body, seconds))
}

// Matches reports whether the signature is that of these very bytes. It does not look at
// the signature's age.
func Matches(key, signature string, body []byte) bool {
	values, _ := url.ParseQuery(signature)
	want, err := hex.DecodeString(values.Get("s"))
	return err == nil && hmac.Equal(sum(key, body, values.Get("t")), want)
}

func sum(key string, body []byte, seconds string) []byte {
	_, digits := split(key)
	mac := hmac.New(sha256.New, []byte(digits))
	_, _ = mac.Write(body)
	_, _ = io.WriteString(mac, seconds)
	return mac.Sum(nil)
}

// TimeOf returns when a signature was made, in seconds since 1970. One signature has one
// form: else a replay could look like another one.
func TimeOf(signature string) (seconds int64, ok bool) {
	values, _ := url.ParseQuery(signature)
	seconds, err := strconv.ParseInt(values.Get("t"), 10, 64)
	mac, notHex := hex.DecodeString(values.Get("s"))
	return seconds, err == nil && notHex == nil && signature == fmt.Sprintf("t=%d&s=%x", seconds, mac)
}

// Bearer returns what a signing key is presented as: hashed, so that a server that we meet
// by mistake does not learn it.
func Bearer(key string) (string, error) {
	prefix, digits := split(key)
	secret, err := hex.DecodeString(digits)
	if err != nil || len(secret) == 0 {
		return "", errors.New("INNGEST_SIGNING_KEY is malformed: want hexadecimal digits, with or without signkey-…- before them")
	}
	hash := sha256.Sum256(secret)
	return prefix + hex.EncodeToString(hash[:]), nil
}

// split splits a key before its digits.
func split(key string) (prefix, digits string) {
	if parts := strings.SplitN(key, "-", 3); len(parts) == 3 && parts[0] == "signkey" {
		return parts[0] + "-" + parts[1] + "-", parts[2]
	}
	return "", key
}
