package seal

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Claims are what an e-mail token says.
type Claims struct {
	Email       string `json:"email"`
	UpdateTo    string `json:"updateTo,omitempty"`
	RequestType string `json:"requestType,omitempty"`
	UserID      string `json:"userId,omitempty"`
}

// payload is the content of an e-mail token. Times are in seconds since 1970; who
// reads them must allow fractions (RFC 7519, NumericDate).
type payload struct {
	Claims

	IssuedAt  *float64 `json:"iat,omitempty"`
	NotBefore *float64 `json:"nbf,omitempty"`
	Expires   *float64 `json:"exp,omitempty"`
}

// SignJWT returns a compact JWT with claims, issued now and good for life.
func (k *Keyring) SignJWT(c Claims, now time.Time, life time.Duration) string {
	issued, expires := seconds(now), seconds(now.Add(life))
	token, err := k.signJWS(payload{Claims: c, IssuedAt: &issued, Expires: &expires})
	if err != nil {
		panic(fmt.Sprintf("seal: signing failed, which no claim can cause: %v", err))
	}
	return token
}

func (k *Keyring) signJWS(p payload) (string, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	key := jose.SigningKey{Algorithm: jose.HS256, Key: []byte(k.secrets[0].text)}
	signer, err := jose.NewSigner(key, nil) // no options: the header is {"alg":"HS256"}
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(text)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// OpenJWT returns what token says. It fails with ErrExpired or ErrInvalid.
func (k *Keyring) OpenJWT(token string, now time.Time) (Claims, error) {
	text, ok := k.verifyJWS(token)
	if !ok {
		return Claims{}, ErrInvalid
	}
	var p payload
	if err := json.Unmarshal(text, &p); err != nil || p.Email == "" {
		return Claims{}, ErrInvalid
	}
	if p.NotBefore != nil && *p.NotBefore > seconds(now) {
		return Claims{}, ErrInvalid
	}
	if p.Expires != nil && *p.Expires <= seconds(now) {
		return Claims{}, ErrExpired
	}
	return p.Claims, nil
}

// verifyJWS returns the payload of a compact JWS that a secret of ours made, with
// HS256 whatever its header says.
func (k *Keyring) verifyJWS(token string) ([]byte, bool) {
	if len(token) > maxSealed || !isCanonical(token) {
		return nil, false
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil || !isPlain(signed) {
		return nil, false
	}
	for _, secret := range k.secrets {
		if text, err := signed.Verify([]byte(secret.text)); err == nil {
			return text, true
		}
	}
	return nil, false
}

// isPlain reports whether the header says nothing beyond the algorithm and the
// type, such as "crit" or "b64", which change what a signature means.
func isPlain(signed *jose.JSONWebSignature) bool {
	header := signed.Signatures[0].Protected
	delete(header.ExtraHeaders, jose.HeaderType)
	return header.JSONWebKey == nil && len(header.ExtraHeaders) == 0
}

// isCanonical reports whether the parts of token are base64url in the one form
// that an encoder gives them. The library also takes line breaks, and last
// characters with bits that mean nothing.
func isCanonical(token string) bool {
	for part := range strings.SplitSeq(token, ".") {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || base64.RawURLEncoding.EncodeToString(raw) != part {
			return false
		}
	}
	return true
}

func seconds(t time.Time) float64 { return float64(t.Unix()) }
