package pack

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchyard/shared/fn"
)

// grant is what a unit's role is allowed: a statement of IAM.
type grant struct {
	Actions []string
	// Resources are ARNs without their partition, as in config.Permission, in which
	// ${region} and ${account} stand for those of the deployment as well. "*" is all.
	Resources []string
	Unless    string // a variable: the grant is not needed if it is set
}

// grants returns what the unit calls for but for its logs: what its settings do, and to
// read from these event sources.
func (u Unit) grants(from []fn.Source) []grant {
	var all []grant
	if u.Needs != nil {
		for _, p := range u.Needs.Permissions() {
			all = append(all, grant(p))
		}
	}
	for _, s := range from {
		all = append(all, grantsOf(s)...)
	}
	return all
}

// grantsOf returns what Lambda needs to read a source on the function's behalf. Services
// that call Lambda themselves need none: they are permitted by the function.
func grantsOf(s fn.Source) []grant {
	switch s := s.(type) {
	case fn.SQS:
		return []grant{{
			Actions:   []string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
			Resources: []string{arnOf(s)},
		}}
	case fn.Kinesis:
		return append([]grant{{
			Actions: []string{
				"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
				"kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams",
			},
			Resources: []string{arnOf(s)},
		}}, grantsOfFailures(s.Reading())...)
	case fn.DynamoDB:
		return append([]grant{
			{
				Actions:   []string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
				Resources: []string{arnOf(s) + "/stream/*"},
			},
			{Actions: []string{"dynamodb:ListStreams"}, Resources: []string{"*"}}, // it takes no other resource
		}, grantsOfFailures(s.Reading())...)
	}
	return nil
}

// grantsOfFailures returns what Lambda needs to note, on the function's behalf, what was
// given up of a stream.
func grantsOfFailures(r fn.Reading) []grant {
	switch to := destination(r).(type) {
	case fn.SQS:
		return []grant{{Actions: []string{"sqs:SendMessage"}, Resources: []string{arnOf(to)}}}
	case fn.SNS:
		return []grant{{Actions: []string{"sns:Publish"}, Resources: []string{arnOf(to)}}}
	case fn.S3:
		return []grant{
			{Actions: []string{"s3:PutObject"}, Resources: []string{arnOf(to) + "/*"}},
			{Actions: []string{"s3:ListBucket"}, Resources: []string{arnOf(to)}},
		}
	}
	return nil
}

// destination returns where AWS notes what was given up of a stream, as the source that
// it would be; nil if nowhere.
func destination(r fn.Reading) fn.Source {
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

// arnOf returns the ARN of what a source is read from, without its partition.
func arnOf(s fn.Source) string {
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

// sources returns what the jobs of each unit take records from, by the unit's name, in a
// stable order. A source that several jobs share is given to one unit alone: a record
// becomes one event, which starts them all.
func sources(p Plan) map[string][]fn.Source {
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

// demands says what the sources of a plan have to be like, a line each: they are there
// already, and AWS refuses to connect those that are not.
func demands(p Plan) []string {
	var lines []string
	of := sources(p)
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

// sourceName names a source after what it is read from: "sqs/orders". taken counts the
// names that there are already; one that comes again gets a number.
func sourceName(s fn.Source, taken map[string]int) string {
	name := strings.TrimPrefix(s.Event(), "aws.")
	taken[name]++
	if n := taken[name]; n > 1 {
		return name + "-" + strconv.Itoa(n)
	}
	return name
}

// unless returns the variables that some grants of the plan depend on, by name.
func unless(p Plan) []string {
	var names []string
	for _, u := range p.Units {
		for _, g := range u.grants(nil) {
			if g.Unless != "" && !slices.Contains(names, g.Unless) {
				names = append(names, g.Unless)
			}
		}
	}
	slices.Sort(names)
	return names
}

// expand replaces what stands for values in an ARN by what value returns for it, and
// puts the partition before it: "arn:…:s3:::…".
func expand(arn, partition string, value func(name string) string) string {
	if arn == "*" {
		return arn
	}
	var b strings.Builder
	b.WriteString("arn:" + partition + ":")
	for {
		before, after, found := strings.Cut(arn, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, rest, _ := strings.Cut(after, "}")
		b.WriteString(value(name))
		arn = rest
	}
}
