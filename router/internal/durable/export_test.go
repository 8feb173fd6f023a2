package durable

import "time"

const Jitter = jitter

func RetryWait(attempts int) time.Duration { return retryWait(attempts) }

type Known = known

func NewKnown(age time.Duration, half int) *Known { return newKnown(age, half) }

func (k *known) Add(key, value string) bool { return k.add(key, value) }
func (k *known) Get(key string) string      { return k.get(key) }

func (h *Host) LosePatience() { h.tracker.patience = 0 }
