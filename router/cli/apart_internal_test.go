package cli

import "testing"

func TestShare(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ all, groups, own, each int }{
		{10, 0, 10, 2}, {10, 1, 5, 5}, {10, 2, 6, 2}, {0, 2, 6, 2}, {20, 2, 10, 5}, {2, 3, 2, 2},
	} {
		if own, each := share(tt.all, tt.groups); own != tt.own || each != tt.each {
			t.Errorf("%d connections for %d groups: %d and %d each", tt.all, tt.groups, own, each)
		}
	}
}
