package bucket

import (
	"errors"
	"slices"
	"testing"
)

func TestRemoveAll(t *testing.T) {
	t.Parallel()
	var removed []int
	remove := func(n int) error {
		removed = append(removed, n)
		return nil
	}
	// A store that never forgets, and tells of two at once.
	forever := func(after int) ([]int, error) {
		all := []int{1, 2, 3, 4, 5}
		return slices.Clone(all[after:min(after+2, len(all))]), nil
	}
	if err := removeAll(forever, remove); err != nil || !slices.Equal(removed, []int{1, 2, 3, 4, 5}) {
		t.Errorf("a store that lists what is removed: %v, %v", removed, err)
	}
	lists := 0
	more := func(int) ([]int, error) {
		lists++
		return []int{lists}, nil
	}
	if err := removeAll(more, remove); err == nil || lists != mostRounds {
		t.Errorf("a store without an end was asked %d times: %v", lists, err)
	}
	broken := errors.New("broken")
	if err := removeAll(forever, func(int) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("what cannot be removed: %v", err)
	}
	if err := removeAll(func(int) ([]int, error) { return nil, broken }, remove); !errors.Is(err, broken) {
		t.Errorf("what cannot be listed: %v", err)
	}
}
