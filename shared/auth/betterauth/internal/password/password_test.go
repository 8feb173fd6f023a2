package password_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"switchyard/shared/auth/betterauth/internal/password"
	"switchyard/shared/fault"
)

// golden are passwords and what Better Auth on Node made of them. The first two
// have salts as it makes them, the others such as other programs make.
func golden() map[string]string {
	return map[string]string{
		"password123":              "90c0af13699ce33c67369a2c781b9519:e0327bb7f85b16dfbdd268ec5dcaf20d6676240f697fbc8a81db067dcbc4d3ffca43a1fee9a514f579c8c8f35b0f707946d0ae5a84b21340c16dcc38b4531b10",
		"\ufb01anc\u00e9-\u00c5-x": "dfe543e972389b83b3ba204853babd61:ad0cf322ec956735d9a89a7ddac7cc4ac141be8a58e11c1c7d239f6dc0b9a2fe4dfdaf6b371718950beb49884d94e9fcd9497d3c57ca62577db907a68468ddd2",
		"":                         "00:2b4204fa7248b9f571d487869bb2862fa1b8ff9e7c472254ab02d44db5b8c911148199ac0fac1bb101b5ecc45a967b0c85700277631c68457baddf3160005d6a",
		"😀Ⅷ":                       "abc:d582836cfdc84419c10c6a209a5258b4960d2ab7d5fc6821ae48ce0a44d41bc331524c15c1533dbc058cafde56e64ca57af60959444334f0d02f30928421dbfa",
		"a\x00b":                   "q:a45c202941ec4058480c06a07209d4ac4ff046e4d6fcff4f3d8f839e5a7d5ba6e49f8a3cf7bae05a081b22513be518a43ff5f431052ac2852ecb044b1baea9e3",
		strings.Repeat("x", 1<<20): "big:16ea533c8e2c35ec65d7c262cd8d59f2aeba1a88dddb80ded88a70290d53480fe49f8b52df7a7be05c0e9777ac405f7998f1ae044705388958b6981a6490a777",
	}
}

// verify is Verify, which must not fail.
func verify(t *testing.T, h *password.Hasher, hash, pass string) bool {
	t.Helper()
	ok, err := h.Verify(t.Context(), password.Client{}, hash, pass)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestGoldenHashes(t *testing.T) {
	t.Parallel()
	h := password.New(1, 0)
	for pass, hash := range golden() {
		if !verify(t, h, hash, pass) {
			t.Errorf("%.20q is not the password of %s", pass, hash)
		}
	}
	const foreign = "sälz:78926ac90b3127c12329760b9a07d63621b32959ac85485b7a918f44527fce0b1fc83b3d522d9b8f5eb24f1ad1d6cd5c514485de5875a7f18803fc8694f99d68"
	if !verify(t, h, foreign, "password123") {
		t.Error("a salt beyond ASCII")
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	h := password.New(1, 0)
	const pass = "cafe\u0301 \u2167"
	hash, err := h.Hash(t.Context(), password.Client{}, pass)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^[0-9a-f]{32}:[0-9a-f]{128}$`).MatchString(hash) {
		t.Errorf("the hash is %s", hash)
	}
	for same, want := range map[string]bool{
		pass:             true,
		"caf\u00e9 VIII": true, // the same in NFKC
		"Caf\u00e9 VIII": false,
		"cafe VIII":      false,
		"":               false,
	} {
		if got := verify(t, h, hash, same); got != want {
			t.Errorf("Verify(%q) = %v, want %v", same, got, want)
		}
	}
	if again, err := h.Hash(t.Context(), password.Client{}, pass); err != nil || again == hash {
		t.Errorf("twice the same hash, or %v", err)
	}
}

func TestVerifyRefusesWhatIsNoHash(t *testing.T) {
	t.Parallel()
	h := password.New(1, 0)
	salt, key, _ := strings.Cut(golden()["password123"], ":")
	for name, hash := range map[string]string{
		"empty":            "",
		"key changed":      salt + ":" + strings.Repeat("0", len(key)),
		"salt changed":     strings.ToUpper(salt) + ":" + key, // its text counts
		"something behind": salt + ":" + key + ":more",
	} {
		if verify(t, h, hash, "password123") {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestNoHashCostsAsMuch holds Verify to take its turn even if there is nothing to
// compare with: whether somebody has an account must not show.
func TestNoHashCostsAsMuch(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := password.New(1, 0)
	for _, hash := range []string{"", golden()["password123"]} {
		if _, err := h.Verify(ctx, password.Client{}, hash, "x"); !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("Verify(%.10q): %v, want Unavailable", hash, err)
		}
	}
	if _, err := h.Hash(ctx, password.Client{}, "x"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Hash: %v, want Unavailable", err)
	}
}

// BenchmarkVerify is what a sign-in pays for its password.
func BenchmarkVerify(b *testing.B) {
	h := password.New(1, 0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Verify(b.Context(), password.Client{}, "", "password123"); err != nil {
			b.Fatal(err)
		}
	}
}
