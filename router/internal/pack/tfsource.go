package pack

import (
	"encoding/json"
	"strings"
	"time"

	"switchyard/shared/fn"
)

// putSources writes what invokes the unit but requests: its sources and the sweep.
func (m tfModule) putSources(f tfFile, u Unit) {
	id := snake(u.Name)
	labels := map[string]int{}
	for _, s := range m.sources.of[u.Name] {
		putSource(f, id, id+"_"+snake(sourceName(s, labels)), s)
	}
	if u.Sweeps {
		label := id + "_sweep"
		f.block("resource aws_cloudwatch_event_rule "+label, attributes{
			"name", quoted("${var.name}-" + u.Name + "-sweep"),
			"description", sweepPurpose, "schedule_expression", sweepRate,
		})
		target(f, id, label, attributes{"input", sweepPayload})
	}
}

func putSource(f tfFile, id, label string, s fn.Source) {
	switch s := s.(type) {
	case fn.SQS:
		mapping(f, id, label, tfARN(arnOf(s)), s.BatchSize, s.Window, nil)
	case fn.Kinesis:
		mapping(f, id, label, tfARN(arnOf(s)), s.BatchSize, s.Window, tfReading(s.Reading()))
	case fn.DynamoDB:
		mapping(f, id, label, expr("data.aws_dynamodb_table."+snake(s.Table)+".stream_arn"), s.BatchSize, s.Window, tfReading(s.Reading()))
	case fn.SNS:
		f.block("resource aws_sns_topic_subscription "+label, attributes{
			"topic_arn", tfARN(arnOf(s)), "protocol", "lambda", "endpoint", expr("aws_lambda_function." + id + ".arn"),
		})
		permit(f, id, label, "sns", string(tfARN(arnOf(s))))
	case fn.EventBridge:
		pattern, err := json.Marshal(s.Pattern())
		if err != nil {
			panic("pack: " + err.Error()) // cannot happen: these are texts
		}
		rule := attributes{"event_pattern", expr("jsonencode(" + string(pattern) + ")")}
		var bus attributes
		if s.Bus != "" {
			bus = attributes{"event_bus_name", s.Bus}
		}
		f.block("resource aws_cloudwatch_event_rule "+label, append(bus, rule...))
		target(f, id, label, bus)
	case fn.Timer:
		f.block("resource aws_cloudwatch_event_rule "+label, attributes{"name", s.Rule, "schedule_expression", s.Expression})
		target(f, id, label, nil)
	}
}

// mapping lets Lambda read a source in batches, and be told which records failed.
func mapping(f tfFile, id, label string, arn expr, size int, window time.Duration, more attributes) {
	a := attributes{
		"event_source_arn", arn, "function_name", expr("aws_lambda_function." + id + ".arn"),
		"function_response_types",
		[]string{"ReportBatchItemFailures"},
	}
	if size > 0 {
		a = append(a, "batch_size", size)
	}
	if window > 0 {
		a = append(a, "maximum_batching_window_in_seconds", int(window.Seconds()))
	}
	f.block("resource aws_lambda_event_source_mapping "+label, append(a, more...))
}

// tfReading returns the arguments of a mapping that only streams have.
func tfReading(r fn.Reading) attributes {
	a := attributes{"starting_position", start(r.Oldest)}
	if r.Attempts > 0 {
		a = append(a, "maximum_retry_attempts", r.Attempts-1)
	}
	if r.MaxAge > 0 {
		a = append(a, "maximum_record_age_in_seconds", int(r.MaxAge.Seconds()))
	}
	a = append(a, "bisect_batch_on_function_error", r.Bisect, "parallelization_factor", r.Parallel)
	if to := destination(r); to != nil {
		a = append(a, "destination_config", attributes{"on_failure", attributes{"destination_arn", tfARN(arnOf(to))}})
	}
	return a
}

// target makes a rule of EventBridge invoke the Lambda.
func target(f tfFile, id, label string, more attributes) {
	f.block("resource aws_cloudwatch_event_target "+label, append(attributes{
		"rule", expr("aws_cloudwatch_event_rule." + label + ".name"), "arn", expr("aws_lambda_function." + id + ".arn"),
	}, more...))
	permit(f, id, label, "events", "aws_cloudwatch_event_rule."+label+".arn")
}

// bucketFile makes the buckets announce their changes. A bucket has one such
// configuration: this replaces what it announced before.
func (n notices) bucketFile() []byte {
	f := newFile("# What buckets announce. Each has one configuration, which this replaces.\n")
	for _, b := range n.buckets {
		var permissions []string
		for _, unit := range b.units() {
			label := snake(unit) + "_" + snake(b.bucket)
			permit(f, snake(unit), label, "s3", string(tfARN("s3:::"+b.bucket)),
				"source_account", expr("data.aws_caller_identity.current.account_id")) // an ARN of S3 names no account
			permissions = append(permissions, "aws_lambda_permission."+label)
		}
		a := attributes{"bucket", b.bucket}
		for _, to := range b.to {
			var events []string
			for _, event := range to.Names() {
				events = append(events, "s3:"+event)
			}
			function := attributes{"lambda_function_arn", expr("aws_lambda_function." + snake(to.unit) + ".arn"), "events", events}
			for _, rule := range to.rules() {
				function = append(function, "filter_"+rule.Name, rule.Value)
			}
			a = append(a, "lambda_function", function)
		}
		f.block("resource aws_s3_bucket_notification "+snake(b.bucket), append(a, "depends_on", expr("["+strings.Join(permissions, ", ")+"]")))
	}
	return f.bytes()
}
