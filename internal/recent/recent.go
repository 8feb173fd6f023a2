// Package recent keeps what was used lately, in bounded memory.
package recent

import "time"

// Map is a map of bounded size that drops, roughly, the entries that were not used for longest.
// It has two halves: when the newer one is full, it drops the older one. The zero Map keeps
// nothing; make one with [New] or [For]. It is not safe for concurrent use.
type Map[K comparable, V any] struct {
	half     int
	age      time.Duration // 0: nothing is dropped for its age
	turned   time.Time
	now, old map[K]V
}

// New returns a map that keeps at least the last half entries used, and at most twice as many.
func New[K comparable, V any](half int) *Map[K, V] { return &Map[K, V]{half: half, now: map[K]V{}} }

// For returns a map as [New] does that also drops entries that were not used for age. It looks
// only when an entry is put, and may keep one for twice age, or longer while nothing is put.
func For[K comparable, V any](age time.Duration, half int) *Map[K, V] {
	m := New[K, V](half)
	m.age, m.turned = max(age, 1), time.Now()
	return m
}

// Get returns the value of key, and notes that key was used. It is false if there is none.
func (m *Map[K, V]) Get(key K) (v V, ok bool) {
	if v, ok = m.now[key]; ok {
		return v, true
	}
	if v, ok = m.old[key]; ok {
		m.Put(key, v)
	}
	return v, ok
}

// Put sets the value of key.
func (m *Map[K, V]) Put(key K, v V) {
	if m.age > 0 && time.Since(m.turned) > m.age {
		m.turn()
	} else if _, known := m.now[key]; !known && len(m.now) >= m.half {
		m.turn()
	}
	m.now[key] = v
}

// turn drops the older half.
func (m *Map[K, V]) turn() {
	m.old, m.now = m.now, make(map[K]V)
	if m.age > 0 {
		m.turned = time.Now()
	}
}
