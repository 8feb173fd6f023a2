package plan

import (
	"slices"
	"strings"

	"switchyard/shared/fn"
)

// Grant is a statement of IAM that allows something to a unit's role.
type Grant struct {
	Actions []string
	// Resources are ARNs without their partition, as in config.Permission, in which
	// ${region} and ${account} stand for those of the deployment as well. "*" is all.
	Resources []string
	Unless    string // a variable: the Grant is not needed if it is set
}

// Grants returns what the unit calls for but for its logs: what its settings do, and to
// read from these event sources.
func (u Unit) Grants(from []fn.Source) []Grant {
	var all []Grant
	if u.Needs != nil {
		for _, p := range u.Needs.Permissions() {
			all = append(all, Grant(p))
		}
	}
	for _, s := range from {
		all = append(all, grantsOf(s)...)
	}
	return all
}

// grantsOf returns what Lambda needs to read a source on the function's behalf. Services
// that call Lambda themselves need none: they are permitted by the function.
func grantsOf(s fn.Source) []Grant {
	switch s := s.(type) {
	case fn.SQS:
		return []Grant{{
			Actions:   []string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
			Resources: []string{ARN(s)},
		}}
	case fn.Kinesis:
		return append([]Grant{{
			Actions: []string{
				"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
				"kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams",
			},
			Resources: []string{ARN(s)},
		}}, grantsOfFailures(s.Reading())...)
	case fn.DynamoDB:
		return append([]Grant{
			{
				Actions:   []string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
				Resources: []string{ARN(s) + "/stream/*"},
			},
			{Actions: []string{"dynamodb:ListStreams"}, Resources: []string{"*"}}, // it takes no other resource
		}, grantsOfFailures(s.Reading())...)
	}
	return nil
}

// grantsOfFailures returns what Lambda needs to note, on the function's behalf, what was
// given up of a stream.
func grantsOfFailures(r fn.Reading) []Grant {
	switch to := Destination(r).(type) {
	case fn.SQS:
		return []Grant{{Actions: []string{"sqs:SendMessage"}, Resources: []string{ARN(to)}}}
	case fn.SNS:
		return []Grant{{Actions: []string{"sns:Publish"}, Resources: []string{ARN(to)}}}
	case fn.S3:
		return []Grant{
			{Actions: []string{"s3:PutObject"}, Resources: []string{ARN(to) + "/*"}},
			{Actions: []string{"s3:ListBucket"}, Resources: []string{ARN(to)}},
		}
	}
	return nil
}

// GrantVariables returns the variables that some grants of the plan depend on, by name.
func (p Plan) GrantVariables() []string {
	var names []string
	for _, u := range p.Units {
		for _, g := range u.Grants(nil) {
			if g.Unless != "" && !slices.Contains(names, g.Unless) {
				names = append(names, g.Unless)
			}
		}
	}
	slices.Sort(names)
	return names
}

// ExpandARN replaces each ${name} in an ARN without its partition by what value returns
// for the name, and puts the partition before it: "arn:aws:s3:::…". It leaves "*" as it is.
func ExpandARN(arn, partition string, value func(name string) string) string {
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
