package fn

import "time"

// Kinesis takes the records of a data stream: events.KinesisEventRecord. Those of one
// partition key take effect one after another.
type Kinesis struct {
	// Stream is the stream's name.
	Stream string
	// BatchSize is how many records one invocation gets at most, up to 10,000. Defaults
	// to 100.
	BatchSize int
	// Window is how long Lambda waits for a batch to fill, up to 5 min in whole
	// seconds. Defaults to none.
	Window time.Duration
	// Oldest begins with the oldest record that the stream has. Defaults to what comes
	// after the deployment.
	Oldest bool
	// Attempts bounds the attempts at a batch that cannot be taken, up to 10,000; then it
	// goes to Failures, and the next ones get their turn. -1 is without a bound. Defaults to
	// 100 if Failures is set, which outlasts a short outage of the database, else to -1.
	Attempts int
	// MaxAge bounds the age of a record that cannot be taken, from 1 min to 7 days in whole
	// seconds; then it goes to Failures. Defaults to as long as the stream keeps it.
	MaxAge time.Duration
	// Whole has a batch that failed tried again as it was. By default its two halves are
	// tried apart: so a batch that takes too long gets through, and a wrong record is found.
	Whole bool
	// Parallel bounds the batches of one shard that are taken at a time, up to 10. Records of
	// the same partition key are still taken one after another. Defaults to 1.
	Parallel int
	// Failures names where AWS notes what was given up: an SQS queue, an SNS topic or an S3
	// bucket, "sqs:clicks-failed", "sns:alarms", "s3:my-failures", none of them
	// FIFO. The first two get the place in the stream alone, a bucket the records too.
	// Defaults to nowhere: then nothing is given up, and what can never be taken holds up
	// its shard until the stream drops it.
	Failures string
}

// Service implements [Source].
func (Kinesis) Service() string { return "Kinesis" }

// Event implements [Source].
func (s Kinesis) Event() string { return "aws.kinesis/" + s.Stream }

// Filter implements [Source].
func (Kinesis) Filter() string { return "" }

// Check implements [Source].
func (s Kinesis) Check() error {
	return first(
		wrong(!isName(s.Stream, "-_."), "Kinesis needs the name of a Stream: letters, digits, and - _ ."),
		s.Reading().check(),
	)
}

// Reading returns how the stream is read.
func (s Kinesis) Reading() Reading {
	return Reading{s.BatchSize, s.Window, s.Oldest, s.Attempts, s.MaxAge, !s.Whole, s.Parallel, s.Failures}.defaulted()
}

// DynamoDB takes the changes of a table that has a stream:
// events.DynamoDBEventRecord. Those of one item take effect one after another.
type DynamoDB struct {
	// Table is the table's name.
	Table string
	// BatchSize is how many changes one invocation gets at most, up to 10,000. Defaults
	// to 100.
	BatchSize int
	// Window is how long Lambda waits for a batch to fill, up to 5 min in whole
	// seconds. Defaults to none.
	Window time.Duration
	// Oldest begins with the oldest change that the stream has. Defaults to what comes
	// after the deployment.
	Oldest bool
	// Attempts bounds the attempts at a batch that cannot be taken, up to 10,000; then it
	// goes to Failures, and the next ones get their turn. -1 is without a bound. Defaults to
	// 100 if Failures is set, which outlasts a short outage of the database, else to -1.
	Attempts int
	// MaxAge bounds the age of a change that cannot be taken, from 1 min to 7 days in whole
	// seconds; then it goes to Failures. Defaults to as long as the stream keeps it.
	MaxAge time.Duration
	// Whole has a batch that failed tried again as it was. By default its two halves are
	// tried apart: so a batch that takes too long gets through, and a wrong record is found.
	Whole bool
	// Parallel bounds the batches of one shard that are taken at a time, up to 10. Changes
	// of one item are still taken one after another. Defaults to 1.
	Parallel int
	// Failures names where AWS notes what was given up: an SQS queue, an SNS topic or an S3
	// bucket, "sqs:clicks-failed", "sns:alarms", "s3:my-failures", none of them
	// FIFO. The first two get the place in the stream alone, a bucket the changes too.
	// Defaults to nowhere: then nothing is given up, and what can never be taken holds up
	// its shard until the stream drops it.
	Failures string
}

// Service implements [Source].
func (DynamoDB) Service() string { return "DynamoDB" }

// Event implements [Source].
func (s DynamoDB) Event() string { return "aws.dynamodb/" + s.Table }

// Filter implements [Source].
func (DynamoDB) Filter() string { return "" }

// Check implements [Source].
func (s DynamoDB) Check() error {
	return first(
		wrong(!isName(s.Table, "-_."), "DynamoDB needs the name of a Table: letters, digits, and - _ ."),
		s.Reading().check(),
	)
}

// Reading returns how the stream is read.
func (s DynamoDB) Reading() Reading {
	return Reading{s.BatchSize, s.Window, s.Oldest, s.Attempts, s.MaxAge, !s.Whole, s.Parallel, s.Failures}.defaulted()
}
