package fn

import (
	"cmp"
	"strings"
	"time"
)

// Reading configures how Lambda reads a stream: by the fields of [Kinesis] or [DynamoDB],
// with their defaults filled in.
type Reading struct {
	BatchSize int           // 0: Lambda's own default
	Window    time.Duration // 0: none
	Oldest    bool
	Attempts  int           // -1: without a bound
	MaxAge    time.Duration // 0: without a bound
	Bisect    bool
	Parallel  int
	Failures  string // "": nowhere
}

// usualAttempts is the default of Attempts if Failures is set.
const usualAttempts = 100

// defaulted returns r with its defaults.
func (r Reading) defaulted() Reading {
	usual := -1
	if r.Failures != "" {
		usual = usualAttempts
	}
	r.Attempts, r.Parallel = cmp.Or(r.Attempts, usual), cmp.Or(r.Parallel, 1)
	return r
}

// Destination returns where the records go that were given up: the service ("sqs", "sns" or
// "s3") and the name of its queue, topic or bucket. Both are "" if they go nowhere.
func (r Reading) Destination() (service, name string) {
	service, name, _ = strings.Cut(r.Failures, ":")
	return service, name
}

// check says what AWS would not take, or what would be lost without a trace.
func (r Reading) check() error {
	service, name := r.Destination()
	more, known := map[string]string{"sqs": "-_", "sns": "-_", "s3": "-."}[service]
	bounded := r.Attempts > 0 || r.MaxAge > 0
	return first(
		checkBatch(r.BatchSize, r.Window),
		wrong(r.Attempts < -1 || r.Attempts > 10_000, "Attempts is %d: want 1 to 10,000, -1 for no bound, or 0 for the default", r.Attempts),
		wrong(r.MaxAge != 0 && (r.MaxAge < time.Minute || r.MaxAge > 7*24*time.Hour || r.MaxAge%time.Second != 0),
			"MaxAge is %s: want whole seconds, from 1 min to 7 days", r.MaxAge),
		wrong(r.Parallel < 1 || r.Parallel > 10, "Parallel is %d: want 1 to 10, or 0 for the default", r.Parallel),
		wrong(r.Failures == "" && bounded, "with Attempts or MaxAge, what is given up would be lost: say in Failures where it goes, such as sqs:NAME"),
		wrong(r.Failures != "" && (!known || !isName(name, more)),
			"Failures is %q: want sqs:NAME, sns:NAME or s3:NAME, of a queue, a topic or a bucket, none of them FIFO", r.Failures),
	)
}
