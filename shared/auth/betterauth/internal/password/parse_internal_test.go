package password

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const salt = "90c0af13699ce33c67369a2c781b9519"
	key := strings.Repeat("0f", keyLen)
	for hash, want := range map[string]bool{
		salt + ":" + key:                  true,
		"any text":                        false,
		"any text:" + key:                 true,
		"":                                false,
		":":                               false,
		salt:                              false,
		salt + ":":                        false,
		":" + key:                         false,
		salt + ":" + key[2:]:              false,
		salt + ":" + key[1:]:              false,
		salt + ":" + key + "00":           false,
		salt + ":" + strings.ToUpper(key): false,
		salt + ":" + key[:126] + "zz":     false,
		salt + ":" + key + ":":            false,
		salt + ":" + key + "\n":           false,
		salt + "::" + key:                 false,
		key + ":" + salt:                  false,
		"$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy": false,
	} {
		if _, _, ok := parse(hash); ok != want {
			t.Errorf("parse(%q) = %v, want %v", hash, ok, want)
		}
	}
}
