package process

import (
	"slices"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	var said []int
	p := &progress{size: 100, said: time.Now(), say: func(percent int) { said = append(said, percent) }}
	write := func(n int) {
		t.Helper()
		if got, err := p.Write(make([]byte, n)); got != n || err != nil {
			t.Errorf("Write(%d) = %d, %v", n, got, err)
		}
	}
	write(10) // within the first second
	p.said = time.Now().Add(-time.Minute)
	write(15)
	write(15) // within the next
	p.said = time.Now().Add(-time.Minute)
	write(60) // that was all
	write(60) // and more than there should be
	if want := []int{25}; !slices.Equal(said, want) {
		t.Errorf("said %d, want %d", said, want)
	}
}
