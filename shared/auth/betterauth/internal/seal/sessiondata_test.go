package seal_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/seal"
)

// sealText returns a value of session_data with this inner text, and the member
// expiresAt in this form, signed as Better Auth does.
func sealText(secret, inner, expires string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(strings.TrimSuffix(inner, "}") + `,"expiresAt":` + expires + "}"))
	signature := base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	return encode(`{"session":` + inner + `,"expiresAt":` + expires + `,"signature":"` + signature + `"}`)
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func cached() seal.Cached {
	at := time.Date(2026, 11, 23, 10, 53, 25, 324e6, time.UTC)
	return seal.Cached{
		Session: auth.Session{
			ID: "s1", Token: "t1", UserID: "u1", ExpiresAt: at.Add(time.Hour), CreatedAt: at, UpdatedAt: at,
			IPAddress: new(""), UserAgent: new("Mozilla/5.0 \"x\""),
		},
		User: auth.User{
			ID: "u1", Name: "Ada", Email: "ada@example.com", EmailVerified: true, Image: new("https://x.example/a.png?a=1&b=<2>"),
			CreatedAt: at, UpdatedAt: at,
		},
		UpdatedAt: at, ExpiresAt: at.Add(5 * time.Minute),
	}
}

func TestGoldenSession(t *testing.T) {
	t.Parallel()
	g := loadGolden(t)
	own, rotated, other := rings(g)
	for _, k := range []*seal.Keyring{own, rotated} {
		c, ok := k.OpenSession(g.SessionData.CookieValue)
		if !ok {
			t.Fatal("the golden cookie does not open")
		}
		if c.User.Name != g.SessionData.UserName || c.Session.UserID != c.User.ID || c.User.Image != nil {
			t.Errorf("read %+v", c)
		}
		if want := time.UnixMilli(1795431505325).UTC(); !c.ExpiresAt.Equal(want) || c.ExpiresAt.Location() != time.UTC {
			t.Errorf("it expires at %v, want %v", c.ExpiresAt, want)
		}
		if got := own.SealSession(c); got != g.SessionData.CookieValue {
			t.Errorf("sealed again it is\n%s, want\n%s", got, g.SessionData.CookieValue)
		}
	}
	if _, ok := other.OpenSession(g.SessionData.CookieValue); ok {
		t.Error("another secret opened it")
	}
}

func TestSessionSurvives(t *testing.T) {
	t.Parallel()
	k := seal.NewKeyring(newSecret)
	names := []string{
		"", `"\/`, "<b>&'", "\x00\x01\b\t\n\v\f\r\x1f\x7f", "\u2028\u2029", "é😀", "\u0080\u009f\ufeff",
		`","expiresAt":1,"signature":"`, `"}`, strings.Repeat("ä", 1000),
	}
	for _, name := range names {
		want := cached()
		want.User.Name, want.Session.UserAgent, want.User.Image = name, new(name), nil
		got, ok := k.OpenSession(k.SealSession(want))
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%q: %v %s", name, ok, diff)
		}
	}
}

// A session that was read before reads the same, whatever was made of it.
func TestOpenSessionAgain(t *testing.T) {
	t.Parallel()
	k, want := seal.NewKeyring(newSecret), cached()
	sealed := k.SealSession(want)
	for i := range 3 {
		got, ok := k.OpenSession(sealed)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Fatalf("%d: %v %s", i, ok, diff)
		}
		*got.Session.IPAddress, *got.Session.UserAgent, *got.User.Image = "x", "y", "z"
	}
	if _, ok := seal.NewKeyring(otherSecret).OpenSession(sealed); ok {
		t.Error("another secret opened it")
	}
}

// TestSessionText holds the text to what JSON.stringify writes.
func TestSessionText(t *testing.T) {
	t.Parallel()
	c := cached()
	c.User.Name = "\"\\/\b\f\n\r\t\x00\x0b\x1f\x7f<>&'\u2028\u2029é😀\xff"
	raw, err := base64.RawURLEncoding.DecodeString(seal.NewKeyring(newSecret).SealSession(c))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"session":{"session":{"expiresAt":"2026-11-23T11:53:25.324Z","token":"t1",` +
		`"createdAt":"2026-11-23T10:53:25.324Z","updatedAt":"2026-11-23T10:53:25.324Z","ipAddress":"",` +
		`"userAgent":"Mozilla/5.0 \"x\"","userId":"u1","id":"s1"},"user":{"name":"\"\\/\b\f\n\r\t\u0000\u000b\u001f` +
		"\x7f<>&'\u2028\u2029é😀\ufffd" + `","email":"ada@example.com","emailVerified":true,` +
		`"image":"https://x.example/a.png?a=1&b=<2>","createdAt":"2026-11-23T10:53:25.324Z",` +
		`"updatedAt":"2026-11-23T10:53:25.324Z","id":"u1"},"updatedAt":1795431205324,"version":"1"},` +
		`"expiresAt":1795431505324,"signature":"`
	if got, _, _ := strings.Cut(string(raw), `"signature":"`); got+`"signature":"` != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

const (
	innerSession = `"session":{"id":"s","createdAt":"2026-11-23T10:53:25.324Z","userId":"u","token":"t",` +
		`"updatedAt":"2026-11-23T10:53:25.324Z","expiresAt":"2026-11-30T10:53:25.324Z","ipAddress":null,"extra":{"a":[1]}}`
	innerUser = `"user":{"id":"u","createdAt":"2026-11-23T10:53:25.324Z","email":"a@b.example","name":"\u003c\ud83d\ude00",` +
		`"updatedAt":"2026-11-23T10:53:25.324Z","emailVerified":false}`
)

func TestOpenSessionTakesAnyOrder(t *testing.T) {
	t.Parallel()
	k := seal.NewKeyring(otherSecret, newSecret)
	for _, inner := range []string{
		`{` + innerSession + `,` + innerUser + `,"updatedAt":1,"version":"1"}`,
		`{"version":"1",` + innerUser + `,"updatedAt":1,` + innerSession + `}`,
		`{"version":"1","more":null,` + innerUser + `, "updatedAt": 1, ` + innerSession + ` }`,
	} {
		c, ok := k.OpenSession(sealText(newSecret, inner, "2"))
		if !ok || c.User.Name != "<😀" || c.Session.Token != "t" || c.Session.IPAddress != nil || c.UpdatedAt.UnixMilli() != 1 || c.ExpiresAt.UnixMilli() != 2 {
			t.Errorf("%s: %v %+v", inner, ok, c)
		}
	}
}

func TestOpenSessionRefusesSignedNonsense(t *testing.T) {
	t.Parallel()
	const good = `{` + innerSession + `,` + innerUser + `,"updatedAt":1,"version":"1"}`
	k := seal.NewKeyring(newSecret)
	if _, ok := k.OpenSession(sealText(newSecret, good, "2")); !ok {
		t.Fatal("the model of this test does not open")
	}
	swap := func(old, replacement string) string { return strings.Replace(good, old, replacement, 1) }
	for name, c := range map[string]struct{ inner, expires string }{
		"no object":          {`[]}`, "2"},
		"empty object":       {`{}`, "2"},
		"no JSON":            {good + "}", "2"},
		"another version":    {swap(`"1"}`, `"2"}`), "2"},
		"version a number":   {swap(`"1"}`, `1}`), "2"},
		"no version":         {swap(`,"version":"1"`, ``), "2"},
		"no user":            {swap(innerUser, `"user":null`), "2"},
		"no session":         {swap(innerSession+`,`, ``), "2"},
		"no token":           {swap(`"token":"t"`, `"token":""`), "2"},
		"another's session":  {swap(`"userId":"u"`, `"userId":"v"`), "2"},
		"session a string":   {swap(innerSession, `"session":"s"`), "2"},
		"a time that is not": {swap(`2026-11-30T`, `2026-13-30T`), "2"},
		"expires a string":   {good, `"2"`},
		"expires a fraction": {good, `2.5`},
		"expires null":       {good, `null`},
		"expires nothing":    {good, ``},
		"expires too large":  {good, `99999999999999999999`},
		"members after it":   {good, `2,"version":"1"`},
	} {
		if got, ok := k.OpenSession(sealText(newSecret, c.inner, c.expires)); ok {
			t.Errorf("%s: opened %+v", name, got)
		}
	}
}

func TestOpenSessionRefusesForgeries(t *testing.T) {
	t.Parallel()
	g := loadGolden(t)
	own, _, _ := rings(g)
	value, text := g.SessionData.CookieValue, g.SessionData.DecodedUTF8
	if encode(text) != value {
		t.Fatal("the text is not that of the value")
	}
	if _, ok := own.OpenSession(value); !ok { // and is kept, which opens nothing else
		t.Fatal("the model of this test does not open")
	}
	last := strings.LastIndexByte(text, '"')
	for name, v := range map[string]string{
		"empty":              "",
		"no base64":          "{}",
		"padding":            value + "==",
		"line break":         value[:8] + "\n" + value[8:],
		"standard base64":    base64.RawStdEncoding.EncodeToString([]byte(text + "?>~")),
		"nothing in it":      encode("{}"),
		"no head":            encode(text[1:]),
		"cut":                encode(text[:len(text)-1]),
		"later expiry":       encode(strings.Replace(text, "1795431505325", "1895431505325", 1)),
		"another user":       encode(strings.Replace(text, "golden1795431205241@", "golden1795431205242@", 1)),
		"white space":        encode(strings.Replace(text, `{"session":`, `{ "session":`, 1)),
		"another order":      encode(`{"expiresAt":1795431505325,` + text[1:strings.LastIndex(text, `,"expiresAt"`)] + `}`),
		"a member more":      encode(text[:len(text)-1] + `,"a":1}`),
		"no signature":       encode(text[:last-43] + `"}`),
		"signature null":     encode(text[:strings.LastIndex(text, `"signature":`)] + `"signature":null}`),
		"signature changed":  encode(text[:last-43] + strings.Repeat("A", 43) + `"}`),
		"bits without use":   encode(text[:last-1] + "9" + text[last:]), // ...K8 and ...K9 decode alike
		"signature padded":   encode(text[:last] + "=" + text[last:]),
		"over the limit":     value + strings.Repeat("A", 64<<10),
		"another's wrapping": sealText(otherSecret, `{"session":null}`, "1"),
	} {
		if c, ok := own.OpenSession(v); ok {
			t.Errorf("%s: opened %+v", name, c)
		}
	}
}

func FuzzOpenSession(f *testing.F) {
	g := loadGolden(f)
	_, k, _ := rings(g)
	const good = `{` + innerSession + `,` + innerUser + `,"updatedAt":1,"version":"1"}`
	f.Add(g.SessionData.CookieValue)
	f.Add(k.SealSession(cached()))
	f.Add(sealText(newSecret, good, "2"))
	f.Add(sealText(newSecret, good, `2,"version":"1"`))
	f.Add(encode(`{"session":{},"expiresAt":1,"signature":""}`))
	f.Add("")
	f.Fuzz(func(t *testing.T, value string) {
		c, ok := k.OpenSession(value)
		if !ok {
			return
		}
		raw, err := base64.RawURLEncoding.Strict().DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		var outer struct {
			Session   json.RawMessage
			ExpiresAt json.Number
		}
		if err := json.Unmarshal(raw, &outer); err != nil {
			t.Fatal(err)
		}
		made := false
		for _, secret := range []string{newSecret, g.Secret} {
			made = made || value == sealText(secret, string(outer.Session), outer.ExpiresAt.String())
		}
		if !made {
			t.Fatalf("%q opened, but no secret signs it", raw)
		}
		if again, ok := k.OpenSession(k.SealSession(c)); !ok || !cmp.Equal(c, again) {
			t.Fatalf("sealed again it reads %+v, not %+v", again, c)
		}
	})
}
