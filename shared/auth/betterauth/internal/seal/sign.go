package seal

import (
	"encoding/base64"
	"net/url"
	"strings"
	"unicode/utf8"
)

// signatureLen is the length of a signature in padded base64.
const signatureLen = 44

// Sign returns value with its signature, percent-encoded: what a cookie holds.
func (k *Keyring) Sign(value string) string {
	return encodeURIComponent(value + "." + base64.StdEncoding.EncodeToString(k.mac(value)))
}

// Open returns the value that a signed cookie holds, as the browser sent it, or
// false if no secret of ours made its signature.
func (k *Keyring) Open(cookie string) (value string, ok bool) {
	if len(cookie) > maxSealed {
		return "", false
	}
	text := decodeCookie(cookie)
	dot := strings.LastIndexByte(text, '.')
	if dot < 1 {
		return "", false
	}
	value, signature := text[:dot], text[dot+1:]
	if len(signature) != signatureLen || !k.made([]byte(signature), base64.StdEncoding, []byte(value)) {
		return "", false
	}
	return value, true
}

// decodeCookie takes off what may be around a cookie's value: double quotes and
// percent-encoding. What is not well encoded stays as it is.
func decodeCookie(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	if !strings.Contains(s, "%") {
		return s
	}
	decoded, err := url.PathUnescape(s)
	if err != nil || !utf8.ValidString(decoded) {
		return s
	}
	return decoded
}

// encodeURIComponent is JavaScript's function of that name (ECMA-262, 19.2.6.4),
// which keeps some characters that net/url encodes.
func encodeURIComponent(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		if isUnreserved(c) {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte("-_.!~*'()", c) >= 0
}
