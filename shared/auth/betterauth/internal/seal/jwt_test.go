package seal_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"hash"
	"strings"
	"testing"
	"time"

	"switchyard/shared/auth/betterauth/internal/seal"
)

// forge returns a compact JWS with any header, made with h and the new secret.
func forge(h func() hash.Hash, header, payload string) string {
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	mac := hmac.New(h, []byte(newSecret))
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func TestGoldenJWT(t *testing.T) {
	t.Parallel()
	g := loadGolden(t)
	own, rotated, other := rings(g)
	for _, j := range []struct {
		token    string
		claims   seal.Claims
		iat, exp int64
	}{
		{g.EmailVerificationJwt.Token, g.EmailVerificationJwt.Payload.Claims, g.EmailVerificationJwt.Payload.Iat, g.EmailVerificationJwt.Payload.Exp},
		{g.ChangeEmailJwt.Token, g.ChangeEmailJwt.Payload.Claims, g.ChangeEmailJwt.Payload.Iat, g.ChangeEmailJwt.Payload.Exp},
	} {
		issued, expires := time.Unix(j.iat, 0), time.Unix(j.exp, 0)
		if got := own.SignJWT(j.claims, issued, expires.Sub(issued)); got != j.token {
			t.Errorf("SignJWT = %s, want %s", got, j.token)
		}
		for _, k := range []*seal.Keyring{own, rotated} {
			if got, err := k.OpenJWT(j.token, issued); err != nil || got != j.claims {
				t.Errorf("OpenJWT = %+v, %v, want %+v", got, err, j.claims)
			}
			if _, err := k.OpenJWT(j.token, expires.Add(-time.Nanosecond)); err != nil {
				t.Errorf("in its last second: %v", err)
			}
			if _, err := k.OpenJWT(j.token, expires); !errors.Is(err, seal.ErrExpired) {
				t.Errorf("at its end: %v, want ErrExpired", err)
			}
		}
		if _, err := other.OpenJWT(j.token, expires); !errors.Is(err, seal.ErrInvalid) {
			t.Errorf("another secret: %v, want ErrInvalid", err)
		}
	}
}

func TestJWTHeader(t *testing.T) {
	t.Parallel()
	token := seal.NewKeyring(newSecret).SignJWT(seal.Claims{Email: "a@b.example"}, time.Now(), time.Hour)
	header, _, _ := strings.Cut(token, ".")
	if got, _ := base64.RawURLEncoding.DecodeString(header); string(got) != `{"alg":"HS256"}` {
		t.Errorf("the header is %s", got)
	}
}

func TestOpenJWTTakesForeignTokens(t *testing.T) {
	t.Parallel()
	const plain = `{"alg":"HS256"}`
	now := time.Unix(1795429839, 0)
	k := seal.NewKeyring(otherSecret, newSecret)
	for name, c := range map[string]struct{ header, payload string }{
		"type":             {`{"typ":"JWT","alg":"HS256"}`, `{"email":"a@b.example"}`},
		"no times":         {plain, `{"email":"a@b.example"}`},
		"fractions":        {plain, `{"email":"a@b.example","iat":1795429838.5,"exp":1795429839.5}`},
		"valid since now":  {plain, `{"email":"a@b.example","nbf":1795429839}`},
		"more claims":      {plain, `{"jti":"1","email":"a@b.example","aud":["x"]}`},
		"white space":      {`{ "alg" : "HS256" }`, ` { "email" : "a@b.example" } `},
		"escaped by force": {plain, `{"email":"\u0061@b.example"}`},
	} {
		got, err := k.OpenJWT(forge(sha256.New, c.header, c.payload), now)
		if err != nil || got != (seal.Claims{Email: "a@b.example"}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestOpenJWTRefusesSignedNonsense(t *testing.T) {
	t.Parallel()
	const plain, good = `{"alg":"HS256"}`, `{"email":"a@b.example"}`
	k := seal.NewKeyring(newSecret)
	sign := func(header, payload string) string { return forge(sha256.New, header, payload) }
	for name, token := range map[string]string{
		"alg none, but signed":  sign(`{"alg":"none"}`, good),
		"alg RS256, but HMAC":   sign(`{"alg":"RS256"}`, good),
		"alg HS512, but HS256":  sign(`{"alg":"HS512"}`, good),
		"alg HS512 indeed":      forge(sha512.New, `{"alg":"HS512"}`, good),
		"alg HS256, but HS512":  forge(sha512.New, plain, good),
		"alg in lower case":     sign(`{"alg":"hs256"}`, good),
		"no alg":                sign(`{}`, good),
		"alg a list":            sign(`{"alg":["HS256"]}`, good),
		"header no object":      sign(`"HS256"`, good),
		"crit unknown":          sign(`{"alg":"HS256","crit":["exp"],"exp":1}`, good),
		"crit b64":              sign(`{"alg":"HS256","crit":["b64"],"b64":true}`, good),
		"payload not encoded":   sign(`{"alg":"HS256","b64":false}`, good),
		"its own key":           sign(`{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}`, good),
		"zip":                   sign(`{"alg":"HS256","zip":"DEF"}`, good),
		"nested":                sign(plain, sign(plain, good)),
		"nested, with type":     sign(`{"alg":"HS256","cty":"JWT"}`, sign(plain, good)),
		"payload empty":         sign(plain, ""),
		"payload a list":        sign(plain, `["email"]`),
		"payload null":          sign(plain, `null`),
		"no e-mail":             sign(plain, `{"userId":"1"}`),
		"e-mail a list":         sign(plain, `{"email":["a@b.example"]}`),
		"userId a number":       sign(plain, `{"email":"a@b.example","userId":1}`),
		"exp a string":          sign(plain, `{"email":"a@b.example","exp":"9999999999"}`),
		"exp endless":           sign(plain, `{"email":"a@b.example","exp":1e999}`),
		"not yet valid":         sign(plain, `{"email":"a@b.example","nbf":9999999999}`),
		"two values":            sign(plain, good+good),
		"JSON serialization":    `{"payload":"e30","protected":"eyJhbGciOiJIUzI1NiJ9","signature":"AA"}`,
		"encrypted in its form": sign(`{"alg":"dir","enc":"A256GCM"}`, good),
	} {
		if c, err := k.OpenJWT(token, time.Unix(1795429839, 0)); !errors.Is(err, seal.ErrInvalid) {
			t.Errorf("%s: %+v, %v, want ErrInvalid", name, c, err)
		}
	}
}

func TestOpenJWTRefusesForgeries(t *testing.T) {
	t.Parallel()
	g := loadGolden(t)
	own, _, _ := rings(g)
	good := g.EmailVerificationJwt.Token
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	changed := base64.RawURLEncoding.EncodeToString([]byte(`{"email":"eve@example.com"}`))
	for name, token := range map[string]string{
		"empty":                  "",
		"dots":                   "..",
		"alg none":               none + "." + parts[1] + ".",
		"alg none, old proof":    none + "." + parts[1] + "." + parts[2],
		"no signature":           parts[0] + "." + parts[1] + ".",
		"no signature, no dot":   parts[0] + "." + parts[1],
		"another payload":        parts[0] + "." + changed + "." + parts[2],
		"no payload":             parts[0] + ".." + parts[2],
		"a dot at the end":       good + ".",
		"a dot at the start":     "." + good,
		"five parts":             good + ".a.b",
		"padding":                good + "=",
		"line break":             good[:9] + "\n" + good[9:],
		"carriage return":        good + "\r",
		"space":                  good + " ",
		"standard base64":        parts[0] + "." + parts[1] + "." + strings.NewReplacer("-", "+", "_", "/").Replace(parts[2]) + "+",
		"bits that mean nothing": good[:len(good)-1] + "d", // ...c and ...d decode alike
		"signature cut":          good[:len(good)-4],
		"over the limit":         strings.Repeat("A", 64<<10) + "." + good,
	} {
		if c, err := own.OpenJWT(token, time.Unix(1795429839, 0)); !errors.Is(err, seal.ErrInvalid) {
			t.Errorf("%s: %+v, %v, want ErrInvalid", name, c, err)
		}
	}
}

func FuzzOpenJWT(f *testing.F) {
	g := loadGolden(f)
	_, k, _ := rings(g)
	f.Add(g.EmailVerificationJwt.Token)
	f.Add(g.ChangeEmailJwt.Token)
	f.Add(forge(sha256.New, `{"typ":"JWT","alg":"HS256"}`, `{"email":"a@b.example"}`))
	f.Add(forge(sha256.New, `{"alg":"HS256","crit":["b64"],"b64":false}`, `{"email":"a@b.example"}`))
	f.Add("..")
	now := time.Unix(1795429839, 0)
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := k.OpenJWT(token, now); errors.Is(err, seal.ErrInvalid) {
			return
		}
		dot := strings.LastIndexByte(token, '.')
		for _, secret := range []string{newSecret, g.Secret} {
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write([]byte(token[:dot]))
			if token == token[:dot]+"."+base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) {
				return
			}
		}
		t.Fatalf("%q opened, but no secret signs it", token)
	})
}
