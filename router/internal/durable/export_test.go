package durable

import "time"

const Jitter = jitter

func RetryWait(attempts int) time.Duration { return retryWait(attempts) }

type Recent = recent

func NewRecent(age time.Duration, maxEntries int) *Recent {
	r := newRecent(age)
	r.max = maxEntries
	return r
}

func (r *recent) Add(key, value string) bool { return r.add(key, value) }
func (r *recent) Get(key string) string      { return r.get(key) }

func (h *Host) LosePatience() { h.tracker.patience = 0 }
