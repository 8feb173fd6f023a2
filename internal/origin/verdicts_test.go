package origin_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"switchyard/internal/origin"
)

// verdicts are those of Better Auth's matchesOriginPattern, on Node, for every
// value by every entry.
type verdicts struct {
	Entries []string
	Values  []struct {
		Value    string
		Entries  []string // those that trust it
		Relative bool     // whether it is a safe path
	}
}

func loadVerdicts(t *testing.T) verdicts {
	t.Helper()
	raw, err := os.ReadFile("testdata/better-auth.json")
	if err != nil {
		t.Fatal(err)
	}
	var v verdicts
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// stricter are the values that Better Auth trusts by some entry and we do not, by
// the reason.
func stricter() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"control characters, or white space around, which JavaScript drops": regexp.MustCompile(`[\x00-\x1f\x7f-\x{9f}]|^ |^https?://[^/]* $`),
		"JavaScript repairs what does not have two slashes":                 regexp.MustCompile(`^https?:(/{0,1}[^/]|///)`),
		"scripts, and schemes that no app has":                              regexp.MustCompile(`(?i)^(javascript|vbscript|data|file|ftp|wss?):`),
		"a backslash is a slash to browsers alone":                          regexp.MustCompile(`^https?://[^/]*\\`),
		"hosts beyond letters, digits, dots, dashes and underscores":        regexp.MustCompile(`^(https?|exp)://[^/?#]*[^a-z0-9._:@/?#\\\[\]-]`),
		"addresses that are not written as usual":                           regexp.MustCompile(`^https?://(0x[0-9a-f.]+|\d+|[\d.]*\.0\d[\d.]*|192\.168\.(1|258|0x1\.2|1\.2\.)|\[::ffff:1\.2\.3\.4\])$`),
		"apps with user-info":                                               regexp.MustCompile(`^myapp://[^/]*@`),
		"paths of apps that readers decode differently":                     regexp.MustCompile(`^myapp://cb/path.*(\\|%5c|%ff|%zz)`),
		"two slashes in a path":                                             regexp.MustCompile(`^/[^?#]*//`),
	}
}

// laxer are the values that we trust and Better Auth does not: hosts in broken
// Punycode, where no browser can be or go.
func laxer() *regexp.Regexp { return regexp.MustCompile(`^https?://xn--a\.`) }

func TestVerdicts(t *testing.T) {
	t.Parallel()
	v, why, used := loadVerdicts(t), stricter(), map[string]bool{}
	explained := func(value string) bool {
		found := false
		for reason, values := range why {
			if values.MatchString(value) {
				found, used[reason] = true, true
			}
		}
		return found
	}
	checked := 0
	for _, entry := range v.Entries {
		rules := origin.New("", []string{entry})
		forHosts := strings.ContainsAny(entry, "*?") && !strings.Contains(entry, "://")
		for _, c := range v.Values {
			got, want := rules.Callback(c.Value), slices.Contains(c.Entries, entry)
			if strings.HasPrefix(c.Value, "/") {
				want = c.Relative
			}
			checked++
			switch {
			case got == want:
			case got && !laxer().MatchString(c.Value):
				t.Errorf("%q is trusted by %q, and not by Better Auth", c.Value, entry)
			case want && !explained(c.Value) && (!forHosts || isWeb(c.Value)): // such entries are for the web alone
				t.Errorf("%q is not trusted by %q, but by Better Auth", c.Value, entry)
			}
		}
	}
	if checked < 30_000 {
		t.Errorf("%d verdicts, there were 30 thousand", checked)
	}
	for reason := range why {
		if !used[reason] {
			t.Errorf("nothing is stricter because of %s", reason)
		}
	}
}

func isWeb(value string) bool {
	value = strings.ToLower(value)
	return strings.HasPrefix(value, "http:") || strings.HasPrefix(value, "https:")
}
