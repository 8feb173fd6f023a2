package fn

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Source is an event source of AWS whose records start runs of a job: [SQS], [SNS],
// [S3], [EventBridge], [Timer], [Kinesis] or [DynamoDB]. On Lambda each record becomes
// one event, published to the outbox like any other; so the job runs wherever jobs
// run. The event's data is the record as AWS sends it: Input is its type in
// github.com/aws/aws-lambda-go/events, which is named at each source.
type Source interface {
	// Service returns the name of the AWS service: "SQS".
	Service() string
	// Event returns the name of the event that a record becomes: "aws.sqs/orders".
	Event() string
	// Filter returns a CEL expression that is true for the records that the job takes,
	// of all that become events of this name; "" if it takes every one.
	Filter() string
	// Check says what is wrong with the source, or more than AWS takes.
	Check() error
}

// SQS takes the messages of a queue: events.SQSMessage. The messages of one group of
// a FIFO queue take effect one after another.
type SQS struct {
	// Queue is the queue's name. That of a FIFO queue ends in ".fifo".
	Queue string
	// BatchSize is how many messages one invocation gets at most: up to 10,000, of a FIFO
	// queue 10. Defaults to 10.
	BatchSize int
	// Window is how long Lambda waits for a batch to fill, up to 5 min in whole
	// seconds; not for a FIFO queue. Over 10 messages need 1 s or more. Defaults to none.
	Window time.Duration
}

// Service implements [Source].
func (SQS) Service() string { return "SQS" }

// Event implements [Source].
func (s SQS) Event() string { return "aws.sqs/" + s.Queue }

// Filter implements [Source].
func (SQS) Filter() string { return "" }

// FIFO reports whether the queue keeps the order of its messages.
func (s SQS) FIFO() bool { return strings.HasSuffix(s.Queue, ".fifo") }

// Check implements [Source].
func (s SQS) Check() error {
	return first(
		wrong(!isName(strings.TrimSuffix(s.Queue, ".fifo"), "-_"), "SQS needs the name of a Queue: letters, digits, - and _, and .fifo at its end"),
		wrong(s.FIFO() && s.BatchSize > 10, "BatchSize of a FIFO queue is 10 at most"),
		wrong(s.FIFO() && s.Window != 0, "a FIFO queue has no Window"),
		wrong(s.BatchSize > 10 && s.Window < time.Second, "with a BatchSize over 10, SQS needs a Window of 1 s or more"),
		checkBatch(s.BatchSize, s.Window),
	)
}

// SNS takes the notifications of a topic: events.SNSEventRecord.
type SNS struct {
	Topic string // its name
}

// Service implements [Source].
func (SNS) Service() string { return "SNS" }

// Event implements [Source].
func (s SNS) Event() string { return "aws.sns/" + s.Topic }

// Filter implements [Source].
func (SNS) Filter() string { return "" }

// Check implements [Source].
func (s SNS) Check() error {
	return wrong(!isName(s.Topic, "-_"), "SNS needs the name of a Topic: letters, digits, - and _; FIFO topics send to queues only")
}

// S3 takes what happens to the objects of a bucket: events.S3EventRecord.
type S3 struct {
	Bucket string
	// Events are what it takes, as S3 calls it, without "s3:": "ObjectCreated:Put", or
	// "ObjectRemoved:*" for every kind. Defaults to "ObjectCreated:*".
	Events []string
	// Prefix and Suffix are how the keys of the objects begin and end: letters, digits,
	// and - _ . / alone, since S3 writes the others differently in a record. Default to
	// every key.
	Prefix, Suffix string
}

// Service implements [Source].
func (S3) Service() string { return "S3" }

// Event implements [Source].
func (s S3) Event() string { return "aws.s3/" + s.Bucket }

// Names returns Events with its default filled in.
func (s S3) Names() []string {
	if len(s.Events) == 0 {
		return []string{"ObjectCreated:*"}
	}
	return s.Events
}

// Filter implements [Source].
func (s S3) Filter() string {
	var names []string
	for _, name := range s.Names() {
		if start, all := strings.CutSuffix(name, "*"); all {
			names = append(names, "event.data.eventName.startsWith("+strconv.Quote(start)+")")
		} else {
			names = append(names, "event.data.eventName == "+strconv.Quote(name))
		}
	}
	all := []string{either(names)}
	if s.Prefix != "" {
		all = append(all, "event.data.s3.object.key.startsWith("+strconv.Quote(s.Prefix)+")")
	}
	if s.Suffix != "" {
		all = append(all, "event.data.s3.object.key.endsWith("+strconv.Quote(s.Suffix)+")")
	}
	return strings.Join(all, " && ")
}

// Check implements [Source].
func (s S3) Check() error {
	problem := first(
		wrong(!isName(s.Bucket, "-."), "S3 needs the name of a Bucket: letters, digits, - and ."),
		wrong(!isName(s.Prefix+s.Suffix, "-_./") && s.Prefix+s.Suffix != "",
			"Prefix and Suffix are made of letters, digits, and - _ . / alone, since S3 writes the others differently in a record"),
	)
	for _, name := range s.Names() {
		kind, what, ok := strings.Cut(name, ":")
		problem = first(problem, wrong(!ok || !isName(kind, "") || !isName(what, "") && what != "*",
			"S3 has no event %q: want one such as ObjectCreated:Put, or ObjectRemoved:* for every kind", name))
	}
	return problem
}

// checkBatch checks what every source has that is read in batches.
func checkBatch(size int, window time.Duration) error {
	return first(
		wrong(size < 0 || size > 10_000, "BatchSize is %d: want 1 to 10,000, or 0 for the default", size),
		wrong(window < 0 || window > 5*time.Minute || window%time.Second != 0, "Window is %s: want whole seconds, up to 5 min", window),
	)
}

// wrong returns the problem if there is one.
func wrong(is bool, problem string, args ...any) error {
	if !is {
		return nil
	}
	return fmt.Errorf(problem, args...)
}

// first returns the first of the problems, or nil.
func first(problems ...error) error { return cmp.Or(problems...) }

// isName reports whether s is not empty, and made of letters, digits and the bytes of
// more.
func isName(s, more string) bool {
	const usual = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	return s != "" && strings.TrimLeft(s, usual+more) == ""
}

// either returns an expression that is true if one of the given ones is.
func either(expressions []string) string {
	if len(expressions) == 1 {
		return expressions[0]
	}
	return "(" + strings.Join(expressions, " || ") + ")"
}
