package pack

import (
	"maps"
	"slices"
	"strings"
	"time"

	"switchyard/shared/fn"
)

// samSource returns the event of a Serverless Function that takes records from s, or nil
// if s is a bucket: see notices.
func samSource(s fn.Source) pairs {
	event := func(kind string, properties pairs) pairs {
		return pairs{"Type", kind, "Properties", properties}
	}
	switch s := s.(type) {
	case fn.SQS:
		return event("SQS", append(pairs{"Queue", samARN(arnOf(s))}, batch(s.BatchSize, s.Window)...))
	case fn.Kinesis:
		return event("Kinesis", append(pairs{"Stream", samARN(arnOf(s))}, samReading(s.Reading())...))
	case fn.DynamoDB:
		return event("DynamoDB", append(pairs{"Stream", ref(streamParameter(s))}, samReading(s.Reading())...))
	case fn.SNS:
		return event("SNS", pairs{"Topic", samARN(arnOf(s))})
	case fn.EventBridge:
		properties := pairs{"Pattern", sorted(s.Pattern())}
		if s.Bus != "" {
			properties = append(properties, "EventBusName", s.Bus)
		}
		return event("EventBridgeRule", properties)
	case fn.Timer:
		return event("Schedule", pairs{"Name", s.Rule, "Schedule", s.Expression})
	}
	return nil
}

// batch is how records are handed over, and that the failed ones among them are named.
func batch(size int, window time.Duration) pairs {
	var p pairs
	if size > 0 {
		p = append(p, "BatchSize", size)
	}
	if window > 0 {
		p = append(p, "MaximumBatchingWindowInSeconds", int(window.Seconds()))
	}
	return append(p, "FunctionResponseTypes", flow([]string{"ReportBatchItemFailures"}))
}

// samReading returns the properties of the event of a stream, but for the stream itself.
func samReading(r fn.Reading) pairs {
	p := append(pairs{"StartingPosition", start(r.Oldest)}, batch(r.BatchSize, r.Window)...)
	if r.Attempts > 0 {
		p = append(p, "MaximumRetryAttempts", r.Attempts-1)
	}
	if r.MaxAge > 0 {
		p = append(p, "MaximumRecordAgeInSeconds", int(r.MaxAge.Seconds()))
	}
	p = append(p, "BisectBatchOnFunctionError", r.Bisect, "ParallelizationFactor", r.Parallel)
	if to := destination(r); to != nil {
		p = append(p, "DestinationConfig", pairs{"OnFailure", pairs{"Destination", samARN(arnOf(to))}})
	}
	return p
}

// start is where reading a stream begins.
func start(oldest bool) string {
	if oldest {
		return "TRIM_HORIZON"
	}
	return "LATEST"
}

// streamParameter names the parameter for the stream of a table, whose ARN has a time in
// it that only the table knows.
func streamParameter(s fn.DynamoDB) string { return title(s.Table) + "StreamArn" }

// sorted turns what json would write of a map into pairs, by key.
func sorted(m map[string]any) pairs {
	var p pairs
	for _, key := range slices.Sorted(maps.Keys(m)) {
		value := m[key]
		if inner, ok := value.(map[string]any); ok {
			value = sorted(inner)
		}
		p = append(p, key, value)
	}
	return p
}

// notices are the sources of a plan, and those among them that a template cannot wire up
// at the function alone: CloudFormation configures what a bucket announces at the bucket.
type notices struct {
	of      map[string][]fn.Source // by unit
	buckets []bucketNotices        // by name
	tables  []fn.DynamoDB          // by name
}

// bucketNotices are the units that a bucket's changes are announced to.
type bucketNotices struct {
	bucket string
	to     []notice
}

// notice is what a unit is told of a bucket.
type notice struct {
	unit string
	fn.S3
}

func newNotices(p Plan) notices {
	n := notices{of: sources(p)}
	for _, u := range p.Units {
		for _, s := range n.of[u.Name] {
			switch s := s.(type) {
			case fn.S3:
				n.add(u.Name, s)
			case fn.DynamoDB:
				n.tables = append(n.tables, s)
			}
		}
	}
	slices.SortFunc(n.buckets, func(a, b bucketNotices) int { return strings.Compare(a.bucket, b.bucket) })
	slices.SortFunc(n.tables, func(a, b fn.DynamoDB) int { return strings.Compare(a.Table, b.Table) })
	return n
}

func (n *notices) add(unit string, s fn.S3) {
	i := slices.IndexFunc(n.buckets, func(b bucketNotices) bool { return b.bucket == s.Bucket })
	if i < 0 {
		i, n.buckets = len(n.buckets), append(n.buckets, bucketNotices{bucket: s.Bucket})
	}
	n.buckets[i].to = append(n.buckets[i].to, notice{unit, s})
}

// units returns the units that the bucket's changes are announced to, each once.
func (b bucketNotices) units() []string {
	var names []string
	for _, n := range b.to {
		if !slices.Contains(names, n.unit) {
			names = append(names, n.unit)
		}
	}
	return names
}
