package durable

import "time"

const Jitter = jitter

func RetryWait(attempts int) time.Duration { return retryWait(attempts) }
