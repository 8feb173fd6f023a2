package recent_test

import (
	"testing"
	"time"

	"switchyard/internal/recent"
)

func TestMap(t *testing.T) {
	t.Parallel()
	const half = 10
	m := recent.New[int, int](half)
	m.Put(-1, 7)
	for i := range 100 * half {
		m.Put(i, i)
		if v, ok := m.Get(-1); !ok || v != 7 {
			t.Fatalf("after %d others, what is used is %d, %v", i+1, v, ok)
		}
	}
	kept := 0
	for i := range 100 * half {
		if v, ok := m.Get(i); ok && v == i {
			kept++
		}
	}
	if kept < half-1 || kept > 2*half {
		t.Errorf("%d are kept", kept)
	}
	m.Put(5, 1)
	m.Put(5, 2)
	if v, _ := m.Get(5); v != 2 {
		t.Errorf("the second value is %d", v)
	}
}

func TestFor(t *testing.T) {
	t.Parallel()
	m := recent.For[string, int](time.Hour, 1)
	m.Put("a", 1)
	m.Put("b", 2)
	if v, ok := m.Get("a"); !ok || v != 1 {
		t.Error("it has forgotten what was just put")
	}
	old := recent.For[string, int](time.Nanosecond, 10)
	for _, key := range []string{"a", "b", "c"} {
		time.Sleep(time.Microsecond)
		old.Put(key, 1)
	}
	if _, ok := old.Get("a"); ok {
		t.Error("it does not forget by age")
	}
}
