package sam

import (
	"maps"
	"slices"
	"time"

	"switchyard/router/internal/pack/ordered"
	"switchyard/router/internal/pack/plan"
	"switchyard/shared/fn"
)

// eventOf returns the event of a Serverless Function that takes records from s, or nil
// if s is a bucket: see sourceResources.
func eventOf(s fn.Source) ordered.Map {
	event := func(kind string, properties ordered.Map) ordered.Map {
		return ordered.Map{"Type", kind, "Properties", properties}
	}
	switch s := s.(type) {
	case fn.SQS:
		return event("SQS", append(ordered.Map{"Queue", fullARN(plan.ARN(s))}, batch(s.BatchSize, s.Window)...))
	case fn.Kinesis:
		return event("Kinesis", append(ordered.Map{"Stream", fullARN(plan.ARN(s))}, reading(s.Reading())...))
	case fn.DynamoDB:
		return event("DynamoDB", append(ordered.Map{"Stream", ref(streamParameter(s))}, reading(s.Reading())...))
	case fn.SNS:
		return event("SNS", ordered.Map{"Topic", fullARN(plan.ARN(s))})
	case fn.EventBridge:
		properties := ordered.Map{"Pattern", sorted(s.Pattern())}
		if s.Bus != "" {
			properties = append(properties, "EventBusName", s.Bus)
		}
		return event("EventBridgeRule", properties)
	case fn.Timer:
		return event("Schedule", ordered.Map{"Name", s.Rule, "Schedule", s.Expression})
	}
	return nil
}

// batch returns the properties of an event for the size of a batch, and for the answer that
// names the failed records in it.
func batch(size int, window time.Duration) ordered.Map {
	var p ordered.Map
	if size > 0 {
		p = append(p, "BatchSize", size)
	}
	if window > 0 {
		p = append(p, "MaximumBatchingWindowInSeconds", int(window.Seconds()))
	}
	return append(p, "FunctionResponseTypes", ordered.Flow([]string{"ReportBatchItemFailures"}))
}

// reading returns the properties of the event of a stream, but for the stream itself.
func reading(r fn.Reading) ordered.Map {
	p := append(ordered.Map{"StartingPosition", plan.StartingPosition(r)}, batch(r.BatchSize, r.Window)...)
	if r.Attempts > 0 {
		p = append(p, "MaximumRetryAttempts", r.Attempts-1)
	}
	if r.MaxAge > 0 {
		p = append(p, "MaximumRecordAgeInSeconds", int(r.MaxAge.Seconds()))
	}
	p = append(p, "BisectBatchOnFunctionError", r.Bisect, "ParallelizationFactor", r.Parallel)
	if to := plan.Destination(r); to != nil {
		p = append(p, "DestinationConfig", ordered.Map{"OnFailure", ordered.Map{"Destination", fullARN(plan.ARN(to))}})
	}
	return p
}

// streamParameter names the parameter for the stream of a table, whose ARN has a time in
// it that only the table knows.
func streamParameter(s fn.DynamoDB) string { return title(s.Table) + "StreamArn" }

// sorted turns what json would write of a map into ordered.Map, by key.
func sorted(m map[string]any) ordered.Map {
	var p ordered.Map
	for _, key := range slices.Sorted(maps.Keys(m)) {
		value := m[key]
		if inner, ok := value.(map[string]any); ok {
			value = sorted(inner)
		}
		p = append(p, key, value)
	}
	return p
}
