package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchyard/shared/fn"
)

// Sources are the event sources of a plan. Buckets and tables, which need more than a line
// at their function, are listed once more.
type Sources struct {
	ByUnit  map[string][]fn.Source // by the unit's name
	Buckets []Bucket               // by name
	Tables  []fn.DynamoDB          // by name
}

// Bucket is a bucket with all of its event notifications. S3 configures them at the bucket,
// not at the function.
type Bucket struct {
	Name          string
	Notifications []Notification
}

// Notification says of which changes a bucket notifies a unit.
type Notification struct {
	Unit string
	fn.S3
}

// Sources returns the event sources of the plan.
func (p Plan) Sources() Sources {
	n := Sources{ByUnit: sourcesByUnit(p)}
	for _, u := range p.Units {
		for _, s := range n.ByUnit[u.Name] {
			switch s := s.(type) {
			case fn.S3:
				n.add(u.Name, s)
			case fn.DynamoDB:
				n.Tables = append(n.Tables, s)
			}
		}
	}
	slices.SortFunc(n.Buckets, func(a, b Bucket) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(n.Tables, func(a, b fn.DynamoDB) int { return strings.Compare(a.Table, b.Table) })
	return n
}

func (n *Sources) add(unit string, s fn.S3) {
	i := slices.IndexFunc(n.Buckets, func(b Bucket) bool { return b.Name == s.Bucket })
	if i < 0 {
		i, n.Buckets = len(n.Buckets), append(n.Buckets, Bucket{Name: s.Bucket})
	}
	n.Buckets[i].Notifications = append(n.Buckets[i].Notifications, Notification{unit, s})
}

// Units returns the units that the bucket notifies, each once.
func (b Bucket) Units() []string {
	var names []string
	for _, n := range b.Notifications {
		if !slices.Contains(names, n.Unit) {
			names = append(names, n.Unit)
		}
	}
	return names
}

// Filter bounds the keys whose changes are announced: "prefix" or "suffix".
type Filter struct{ Name, Value string }

// Filters returns the filters of the notification; none if it is for all keys.
func (n Notification) Filters() []Filter {
	var filters []Filter
	if n.Prefix != "" {
		filters = append(filters, Filter{"prefix", n.Prefix})
	}
	if n.Suffix != "" {
		filters = append(filters, Filter{"suffix", n.Suffix})
	}
	return filters
}

// StartingPosition returns where reading a stream begins, in the words of AWS.
func StartingPosition(r fn.Reading) string {
	if r.Oldest {
		return "TRIM_HORIZON"
	}
	return "LATEST"
}

// Destination returns the queue, topic or bucket in which AWS notes the records of a
// stream that it gave up; nil if there is none.
func Destination(r fn.Reading) fn.Source {
	switch service, name := r.Destination(); service {
	case "sqs":
		return fn.SQS{Queue: name}
	case "sns":
		return fn.SNS{Topic: name}
	case "s3":
		return fn.S3{Bucket: name}
	}
	return nil
}

// ARN returns the ARN of what a source is read from, without its partition, as in
// Grant; "" if it has none.
func ARN(s fn.Source) string {
	switch s := s.(type) {
	case fn.SQS:
		return "sqs:${region}:${account}:" + s.Queue
	case fn.SNS:
		return "sns:${region}:${account}:" + s.Topic
	case fn.S3:
		return "s3:::" + s.Bucket
	case fn.Kinesis:
		return "kinesis:${region}:${account}:stream/" + s.Stream
	case fn.DynamoDB:
		return "dynamodb:${region}:${account}:table/" + s.Table
	}
	return ""
}

// sourcesByUnit returns what the jobs of each unit take records from, by the unit's name, in a
// stable order. A source that several jobs share is given to one unit alone: a record
// becomes one event, which starts them all.
func sourcesByUnit(p Plan) map[string][]fn.Source {
	all := map[string][]fn.Source{}
	taken := map[string]bool{}
	for _, u := range p.Units {
		for _, f := range u.Functions {
			for _, s := range f.Info().Sources {
				if key := s.Event() + " " + s.Filter(); !taken[key] {
					taken[key] = true
					all[u.Name] = append(all[u.Name], s)
				}
			}
		}
	}
	return all
}

// Demands says what the sources of a plan have to be like, a line each: they are there
// already, and AWS refuses to connect those that are not.
func (p Plan) Demands() []string {
	var lines []string
	of := sourcesByUnit(p)
	for _, u := range p.Units {
		for _, s := range of[u.Name] {
			switch s := s.(type) {
			case fn.SQS:
				lines = append(lines, fmt.Sprintf("the queue %s needs a visibility timeout of %d s at least, the timeout of %s", s.Queue, int(u.Timeout.Seconds()), u.Name))
			case fn.DynamoDB:
				lines = append(lines, fmt.Sprintf("the table %s needs a stream", s.Table))
				lines = append(lines, demandOf(s.Reading())...)
			case fn.Kinesis:
				lines = append(lines, demandOf(s.Reading())...)
			}
		}
	}
	return lines
}

// demandOf says what is needed beside a stream.
func demandOf(r fn.Reading) []string {
	service, name := r.Destination()
	if what := map[string]string{"sqs": "queue", "sns": "topic", "s3": "bucket"}[service]; what != "" {
		return []string{fmt.Sprintf("the %s %s gets what cannot be taken", what, name)}
	}
	return nil
}

// SourceName names a source after what it is read from: "sqs/orders". taken counts the
// names that there are already; one that comes again gets a number.
func SourceName(s fn.Source, taken map[string]int) string {
	name := strings.TrimPrefix(s.Event(), "aws.")
	taken[name]++
	if n := taken[name]; n > 1 {
		return name + "-" + strconv.Itoa(n)
	}
	return name
}
