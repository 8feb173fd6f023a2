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
		checkBatch(s.BatchSize, s.Window),
	)
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
		checkBatch(s.BatchSize, s.Window),
	)
}
