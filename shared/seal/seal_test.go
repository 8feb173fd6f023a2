package seal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"switchyard/shared/config"
	"switchyard/shared/seal"
)

func open(t *testing.T, secrets ...config.Secret) *seal.Box {
	t.Helper()
	b, err := seal.Open(t.Context(), config.Sealing{Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSeal(t *testing.T) {
	t.Parallel()
	old, other := config.Secret(strings.Repeat("old", 12)), config.Secret(strings.Repeat("new", 12))
	sealed := open(t, old).Seal("a", "whsec_text")
	if bytes.Contains(sealed, []byte("text")) || bytes.Equal(sealed, open(t, old).Seal("a", "whsec_text")) {
		t.Errorf("sealed: %q", sealed)
	}
	if text, err := open(t, other, old).Open("a", sealed); err != nil || text != "whsec_text" {
		t.Errorf("after the secret was replaced: %q, %v", text, err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, tt := range map[string]struct {
		box    *seal.Box
		owner  string
		sealed []byte
	}{
		"another secret": {open(t, other), "a", sealed},
		"another owner":  {open(t, old), "b", sealed},
		"changed":        {open(t, old), "a", changed},
		"nothing":        {open(t, old), "a", nil},
	} {
		if text, err := tt.box.Open(tt.owner, tt.sealed); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

func TestNoSecret(t *testing.T) {
	t.Parallel()
	if b, err := seal.Open(t.Context(), config.Sealing{}); err == nil {
		t.Errorf("opened %v", b)
	}
}
