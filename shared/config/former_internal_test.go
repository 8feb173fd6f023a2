package config

import (
	"regexp"
	"testing"
)

func TestFormer(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]Former{
		"A is called B since v0.3.0: rename it":          {Name: "A", Since: "v0.3.0", Now: "B"},
		"A is not read since v0.3.0: set it in the Spec": {Name: "A", Since: "v0.3.0", Why: "set it in the Spec"},
		"A is not read since v0.3.0":                     {Name: "A", Since: "v0.3.0"},
	} {
		if got := f.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for _, f := range former {
		if f.Name == "" || !regexp.MustCompile(`^v\d+\.\d+\.\d+$`).MatchString(f.Since) || (f.Now == "") == (f.Why == "") {
			t.Errorf("%+v: want a name, a version, and either a new name or what to do", f)
		}
	}
}
