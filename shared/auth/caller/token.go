package caller

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"switchyard/shared/auth"
	"switchyard/shared/auth/internal/machine"
)

const (
	issuer = "switchyard"
	life   = time.Minute
	leeway = 30 * time.Second // by which two clocks may differ
	// maxToken is what fits beside the other headers into the 10,240 bytes that API
	// Gateway takes.
	maxToken = 7 << 10
	// maxText bounds what a user or a browser may make as long as they like: a picture
	// can be a data: URL.
	maxText = 2 << 10
)

// claims are what a token says. The function is its audience, and the request's id
// its own.
type claims struct {
	jwt.Claims

	Access  string        `json:"access"`
	Method  string        `json:"htm"` // as in RFC 9449
	URI     string        `json:"htu"`
	Host    string        `json:"host"`
	Address string        `json:"ip,omitempty"`
	User    *auth.User    `json:"user,omitempty"`
	Session *auth.Session `json:"session,omitempty"` // without its token
	Watched bool          `json:"watched,omitempty"` // whoever signs can tell whether that has ended
	Key     *machine.Key  `json:"key,omitempty"`
}

// seal returns the token that says c.
func (c *Caller) seal(said claims, function, id string) (string, error) {
	now := time.Now()
	said.Claims = jwt.Claims{
		Issuer: issuer, Audience: jwt.Audience{function}, ID: id,
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(life)),
	}
	text, err := json.Marshal(said)
	if err != nil {
		return "", fmt.Errorf("caller: sign: %w", err)
	}
	token := header + "." + encoding().EncodeToString(text)
	token += "." + encoding().EncodeToString(sum(c.keys[0], token))
	if len(token) > maxToken {
		return "", fmt.Errorf("caller: sign: the token has %d bytes, more than the %d that a gateway takes", len(token), maxToken)
	}
	return token, nil
}

// open returns what the only one of tokens says, if it was made with a key of ours for
// function, lately.
func (c *Caller) open(tokens []string, function string) (*claims, error) {
	if len(tokens) != 1 || len(tokens[0]) > maxToken {
		return nil, errors.New("want one token, of no more than 7 KiB")
	}
	text, err := c.verify(tokens[0])
	if err != nil {
		return nil, err
	}
	var said claims
	if json.Unmarshal(text, &said) != nil {
		return nil, errors.New("the token holds no claims") // more would repeat them
	}
	if said.Expiry == nil || said.IssuedAt == nil {
		return nil, errors.New("the token does not say when it was made and when it ends")
	}
	expected := jwt.Expected{Issuer: issuer, AnyAudience: jwt.Audience{function}, Time: time.Now()}
	if err := said.ValidateWithLeeway(expected, leeway); err != nil {
		return nil, err
	}
	return &said, nil
}

// header is that of every token: {"alg":"HS256"}. No other is looked at, so that nobody can
// choose how a token is checked.
const header = "eyJhbGciOiJIUzI1NiJ9"

// encoding is that of the parts of a token (RFC 7515).
func encoding() *base64.Encoding { return base64.RawURLEncoding }

// sum returns the signature of what stands before it.
func sum(key []byte, signed string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = io.WriteString(h, signed) // never fails
	return h.Sum(nil)
}

// verify returns the claims of a token that was signed with a key of ours, as JSON. The errors
// do not repeat any of it. Package jose would do the same in ten times the time.
func (c *Caller) verify(token string) ([]byte, error) {
	end := strings.LastIndexByte(token, '.')
	body, found := strings.CutPrefix(token[:max(end, 0)], header+".")
	if !found {
		return nil, errors.New("what is sent is no token")
	}
	signature, err := encoding().DecodeString(token[end+1:])
	if err != nil {
		return nil, errors.New("what is sent is no token")
	}
	if !slices.ContainsFunc(c.keys, func(key []byte) bool { return hmac.Equal(signature, sum(key, token[:end])) }) {
		return nil, errors.New("the token was signed with another key")
	}
	text, err := encoding().DecodeString(body)
	if err != nil {
		return nil, errors.New("what is sent is no token")
	}
	return text, nil
}

// shorten leaves out of u and s what does not fit into a header. The token of the
// session stays here: it is as good as a password.
func shorten(u auth.User, s auth.Session) (*auth.User, *auth.Session) {
	s.Token = ""
	for _, text := range []**string{&u.Image, &s.UserAgent} {
		if *text != nil && len(**text) > maxText {
			*text = nil
		}
	}
	return &u, &s
}
