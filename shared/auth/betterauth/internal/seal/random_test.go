package seal_test

import (
	"math"
	"regexp"
	"testing"
	"time"

	"switchyard/shared/auth/betterauth/internal/seal"
)

func TestRandomForms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		form string
		make func() string
	}{
		"id":       {`^[a-zA-Z0-9]{32}$`, seal.ID},
		"reset":    {`^[a-zA-Z0-9]{24}$`, seal.ResetToken},
		"delete":   {`^[a-z0-9]{32}$`, seal.DeleteToken},
		"state":    {`^[a-zA-Z0-9_-]{32}$`, func() string { return seal.State(32) }},
		"verifier": {`^[a-zA-Z0-9_-]{128}$`, func() string { return seal.State(128) }},
		"none":     {`^$`, func() string { return seal.State(0) }},
	} {
		form, seen := regexp.MustCompile(c.form), map[string]bool{}
		for range 100 {
			text := c.make()
			if !form.MatchString(text) || seen[text] && text != "" {
				t.Errorf("%s: %q", name, text)
			}
			seen[text] = true
		}
	}
}

// TestRandomIsUnbiased counts characters. With 62 of them the slip of taking
// bytes modulo 62 makes eight a quarter more frequent, 70 standard deviations
// here; the limit is ten.
func TestRandomIsUnbiased(t *testing.T) {
	t.Parallel()
	const ids = 10_000
	count := map[rune]float64{}
	for range ids {
		for _, r := range seal.ID() {
			count[r]++
		}
	}
	want := ids * 32 / 62.0
	for r, n := range count {
		if math.Abs(n-want) > 10*math.Sqrt(want) {
			t.Errorf("%q came %v times, want about %v", r, n, want)
		}
	}
	if len(count) != 62 {
		t.Errorf("%d characters, want 62", len(count))
	}
}

func TestFormatTime(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("", 3600)
	for want, at := range map[string]time.Time{
		"2026-11-23T10:30:38.578Z": time.Date(2026, 11, 23, 11, 30, 38, 578_999_999, east),
		"2026-11-23T10:30:38.000Z": time.Date(2026, 11, 23, 10, 30, 38, 0, time.UTC),
	} {
		if got := seal.FormatTime(at); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestKeyringWantsGoodSecrets(t *testing.T) {
	t.Parallel()
	for name, secrets := range map[string][]string{"none": nil, "short": {newSecret, "0123456789abcdef0123456789abcde"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: accepted", name)
				}
			}()
			seal.NewKeyring(secrets...)
		}()
	}
}
