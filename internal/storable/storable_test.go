package storable_test

import (
	"testing"

	"switchyard/internal/storable"
)

func TestText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": true, "a": true, "é 😀": true, "\x01\x7f": true, "\ufffd": true,
		"\x00": false, "a\x00b": false, "\xff": false, "half a character: \xe2\x82": false, "a surrogate: \xed\xa0\x80": false,
	} {
		if storable.Text(text) != want {
			t.Errorf("Text(%+q) = %t", text, !want)
		}
	}
}
