package visible_test

import (
	"testing"

	"switchyard/internal/visible"
)

func TestAny(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false, " \u00a0\u2003\u3000": false, "\t\n\x00": false,
		"\u202e\u200f\u2066": false, "\u200b\u200d\u2060\ufeff\u00ad": false,
		"\u3164\u115f\uffa0\u034f": false, "\ufe0f\U000e0100": false, "\U000e0041": false, "\u2800": false,
		"a": true, "\u202ea": true, " . ": true, "é": true, "\u0301": true, "日本": true, "👩\u200d👩": true, "\u0600": true, "\ue000": true, "\ufffd": true,
	} {
		if visible.Any(text) != want {
			t.Errorf("Any(%+q) = %t", text, !want)
		}
	}
}
