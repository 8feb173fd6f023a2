package seal_test

import (
	"net/url"
	"strings"
	"testing"

	"switchyard/shared/auth/betterauth/internal/seal"
)

func TestSignedCookies(t *testing.T) {
	t.Parallel()
	g := loadGolden(t)
	own, rotated, other := rings(g)
	for _, c := range g.SignedCookies {
		if got := own.Sign(c.Value); got != c.OnTheWire {
			t.Errorf("Sign(%q) = %q, want %q", c.Value, got, c.OnTheWire)
		}
		plain, err := url.PathUnescape(c.OnTheWire)
		if err != nil {
			t.Fatal(err)
		}
		for _, cookie := range []string{c.OnTheWire, plain, `"` + c.OnTheWire + `"`, `"` + plain + `"`} {
			for name, k := range map[string]*seal.Keyring{"own": own, "rotated": rotated} {
				if got, ok := k.Open(cookie); !ok || got != c.Value {
					t.Errorf("%s: Open(%q) = %q, %v, want %q", name, cookie, got, ok, c.Value)
				}
			}
			if got, ok := other.Open(cookie); ok {
				t.Errorf("another secret opened %q: %q", cookie, got)
			}
		}
	}
}

func TestTheFirstSecretSigns(t *testing.T) {
	t.Parallel()
	own, rotated, _ := rings(loadGolden(t))
	if _, ok := own.Open(rotated.Sign("x")); ok {
		t.Error("the old secret signed")
	}
	if v, ok := seal.NewKeyring(newSecret).Open(rotated.Sign("x")); !ok || v != "x" {
		t.Error("the new secret did not sign")
	}
}

func TestSignAnyValue(t *testing.T) {
	t.Parallel()
	k := seal.NewKeyring(newSecret)
	for _, value := range []string{"a.b.c", "%", "100%25", "é 😀", `"quoted"`, "a;b,c=d", "-_.!~*'()", "\x00"} {
		cookie := k.Sign(value)
		if strings.ContainsAny(cookie, " ;,\"\\\x00") {
			t.Errorf("Sign(%q) = %q, which a cookie cannot hold", value, cookie)
		}
		if got, ok := k.Open(cookie); !ok || got != value {
			t.Errorf("Open(Sign(%q)) = %q, %v", value, got, ok)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	g := loadGolden(t)
	own, _, _ := rings(g)
	wire, c := g.SignedCookies[0].OnTheWire, g.SignedCookies[0]
	plain, err := url.PathUnescape(wire)
	if err != nil {
		t.Fatal(err)
	}
	signature := plain[len(c.Value)+1:]
	empty, err := url.PathUnescape(own.Sign(""))
	if err != nil {
		t.Fatal(err)
	}
	for name, cookie := range map[string]string{
		"empty":                    "",
		"value alone":              c.Value,
		"signature alone":          "." + signature,
		"signed empty value":       empty,
		"another value":            "X" + plain[1:],
		"another case":             strings.ToUpper(c.Value) + "." + signature,
		"signature cut":            plain[:len(plain)-1],
		"signature empty":          c.Value + ".",
		"a dot more":               c.Value + ".." + signature,
		"bits that mean nothing":   plain[:len(plain)-2] + "9=", // ...q8= and ...q9= decode alike
		"base64url":                strings.NewReplacer("+", "-", "/", "_").Replace(plain),
		"line break":               plain[:len(plain)-1] + "\n=",
		"zero bytes for signature": c.Value + "." + strings.Repeat("A", 43) + "=",
		"encoded twice":            url.PathEscape(wire),
		"malformed percent":        wire + "%",
		"half of the quotes":       `"` + plain,
		"space after":              plain + " ",
		"over the limit":           strings.Repeat("a", 64<<10) + "." + signature,
	} {
		if got, ok := own.Open(cookie); ok {
			t.Errorf("%s: opened %q", name, got)
		}
	}
}

// TestOpenRefusesChangedCookies changes every byte of a cookie in turn.
func TestOpenRefusesChangedCookies(t *testing.T) {
	t.Parallel()
	own, _, _ := rings(loadGolden(t))
	cookie, err := url.PathUnescape(own.Sign("uatcbDhfsrzwJUWiefRvdCSLz0B3A2pt"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(cookie) {
		for _, b := range []byte("A0.=/+%\"") {
			changed := cookie[:i] + string(b) + cookie[i+1:]
			if _, ok := own.Open(changed); ok && changed != cookie {
				t.Fatalf("opened %q", changed)
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	g := loadGolden(f)
	_, k, other := rings(g)
	for _, c := range g.SignedCookies {
		f.Add(c.OnTheWire)
		f.Add(`"` + c.OnTheWire + `"`)
		f.Add(other.Sign(c.Value))
	}
	for _, seed := range []string{"", ".", "%", `"`, `""`, "a.b", "%2E=", k.Sign("a.b%")} {
		f.Add(seed)
	}
	old := seal.NewKeyring(g.Secret)
	f.Fuzz(func(t *testing.T, cookie string) {
		value, ok := k.Open(cookie)
		if !ok {
			return
		}
		unquoted := strings.TrimSuffix(strings.TrimPrefix(cookie, `"`), `"`)
		for _, ring := range []*seal.Keyring{k, old} {
			encoded := ring.Sign(value)
			plain, err := url.PathUnescape(encoded)
			if err != nil {
				t.Fatal(err)
			}
			decoded, err := url.PathUnescape(unquoted)
			if unquoted == plain || err == nil && decoded == plain {
				return
			}
		}
		t.Fatalf("%q opened as %q, but no secret signs that so", cookie, value)
	})
}
