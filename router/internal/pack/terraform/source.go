package terraform

import (
	"encoding/json"
	"strings"
	"time"

	"switchyard/router/internal/pack/plan"
	"switchyard/shared/fn"
)

// putSources writes what invokes the unit but requests: its sources and the sweep.
func (m module) putSources(f file, u plan.Unit) {
	id := snake(u.Name)
	labels := map[string]int{}
	for _, s := range m.sources.ByUnit[u.Name] {
		putSource(f, id, id+"_"+snake(plan.SourceName(s, labels)), s)
	}
	if u.Sweeps {
		label := id + "_sweep"
		f.block("resource aws_cloudwatch_event_rule "+label, attributes{
			"name", quoted("${var.name}-" + u.Name + "-sweep"),
			"description", plan.SweepPurpose, "schedule_expression", plan.SweepRate,
		})
		target(f, id, label, attributes{"input", plan.SweepPayload})
	}
}

func putSource(f file, id, label string, s fn.Source) {
	switch s := s.(type) {
	case fn.SQS:
		mapping(f, id, label, fullARN(plan.ARN(s)), s.BatchSize, s.Window, nil)
	case fn.Kinesis:
		mapping(f, id, label, fullARN(plan.ARN(s)), s.BatchSize, s.Window, reading(s.Reading()))
	case fn.DynamoDB:
		mapping(f, id, label, expr("data.aws_dynamodb_table."+snake(s.Table)+".stream_arn"), s.BatchSize, s.Window, reading(s.Reading()))
	case fn.SNS:
		f.block("resource aws_sns_topic_subscription "+label, attributes{
			"topic_arn", fullARN(plan.ARN(s)), "protocol", "lambda", "endpoint", expr("aws_lambda_function." + id + ".arn"),
		})
		permit(f, id, label, "sns", string(fullARN(plan.ARN(s))))
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
func mapping(f file, id, label string, arn expr, size int, window time.Duration, more attributes) {
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

// reading returns the arguments of a mapping that only streams have.
func reading(r fn.Reading) attributes {
	a := attributes{"starting_position", plan.StartingPosition(r)}
	if r.Attempts > 0 {
		a = append(a, "maximum_retry_attempts", r.Attempts-1)
	}
	if r.MaxAge > 0 {
		a = append(a, "maximum_record_age_in_seconds", int(r.MaxAge.Seconds()))
	}
	a = append(a, "bisect_batch_on_function_error", r.Bisect, "parallelization_factor", r.Parallel)
	if to := plan.Destination(r); to != nil {
		a = append(a, "destination_config", attributes{"on_failure", attributes{"destination_arn", fullARN(plan.ARN(to))}})
	}
	return a
}

// target makes a rule of EventBridge invoke the Lambda.
func target(f file, id, label string, more attributes) {
	f.block("resource aws_cloudwatch_event_target "+label, append(attributes{
		"rule", expr("aws_cloudwatch_event_rule." + label + ".name"), "arn", expr("aws_lambda_function." + id + ".arn"),
	}, more...))
	permit(f, id, label, "events", "aws_cloudwatch_event_rule."+label+".arn")
}

// bucketFile makes the buckets announce their changes. A bucket has one such
// configuration: this replaces what it announced before.
func bucketFile(n plan.Sources) []byte {
	f := newFile("# What buckets announce. Each has one configuration, which this replaces.\n")
	for _, b := range n.Buckets {
		var permissions []string
		for _, unit := range b.Units() {
			label := snake(unit) + "_" + snake(b.Name)
			permit(f, snake(unit), label, "s3", string(fullARN("s3:::"+b.Name)),
				"source_account", expr("data.aws_caller_identity.current.account_id")) // an ARN of S3 names no account
			permissions = append(permissions, "aws_lambda_permission."+label)
		}
		a := attributes{"bucket", b.Name}
		for _, to := range b.Notifications {
			var events []string
			for _, event := range to.Names() {
				events = append(events, "s3:"+event)
			}
			function := attributes{"lambda_function_arn", expr("aws_lambda_function." + snake(to.Unit) + ".arn"), "events", events}
			for _, rule := range to.Filters() {
				function = append(function, "filter_"+rule.Name, rule.Value)
			}
			a = append(a, "lambda_function", function)
		}
		f.block("resource aws_s3_bucket_notification "+snake(b.Name), append(a, "depends_on", expr("["+strings.Join(permissions, ", ")+"]")))
	}
	return f.bytes()
}
