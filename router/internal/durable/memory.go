package durable

import (
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	// memoryAge is for how long a run is remembered. A run that was cancelled meanwhile may
	// pass one step more.
	memoryAge = 10 * time.Second
	// maxMemory bounds how many steps each half of a [memory] has, of about 100 bytes each.
	maxMemory = 50_000
)

// memory knows what the ledger has of runs that were called here a moment ago, so that
// their next call need not ask. It has two halves, of which the older one is dropped from
// time to time.
type memory struct {
	mu       sync.Mutex
	now, old map[string]remembered
	size     int // of now
	turned   time.Time
}

// remembered is what the ledger has of one run.
type remembered struct {
	events []uuid.UUID
	steps  map[string]bool // see call.known
	since  time.Time
	due    time.Time // when the run is overdue
}

func newMemory() *memory { return &memory{now: map[string]remembered{}, turned: time.Now()} }

func (c *call) memoryKey() string { return c.target.slug + " " + c.run }

// keep remembers a run.
func (m *memory) keep(key string, r remembered) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.turned) > memoryAge || m.size > maxMemory {
		m.old, m.now, m.size, m.turned = m.now, map[string]remembered{}, 0, time.Now()
	}
	m.now[key] = r
	m.size += 1 + len(r.steps)
}

// recall returns what is known of a run, if it is not too old.
func (m *memory) recall(key string) (r remembered, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, known = m.now[key]; !known {
		r, known = m.old[key]
	}
	return r, known && time.Since(r.since) < memoryAge
}

// forget drops a run.
func (m *memory) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.now, key)
	delete(m.old, key)
}
