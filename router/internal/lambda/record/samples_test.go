package record_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"switchyard/router/internal/lambda/lambdatest"
	"switchyard/router/internal/lambda/record"
)

// Of aws-lambda-go's samples exactly those of known sources are taken, under these
// names, and their records can be read into aws-lambda-go's types.
// The malformed one is no JSON.
func TestSamples(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"autoscaling-event-launch-successful.json":              "aws.events/aws.autoscaling/EC2 Instance Launch Successful",
		"autoscaling-event-launch-unsuccessful.json":            "aws.events/aws.autoscaling/EC2 Instance Launch Unsuccessful",
		"autoscaling-event-lifecycle-action.json":               "aws.events/aws.autoscaling/EC2 Instance-launch Lifecycle Action",
		"autoscaling-event-terminate-action.json":               "aws.events/aws.autoscaling/EC2 Instance-terminate Lifecycle Action",
		"autoscaling-event-terminate-successful.json":           "aws.events/aws.autoscaling/EC2 Instance Terminate Successful",
		"autoscaling-event-terminate-unsuccessful.json":         "aws.events/aws.autoscaling/EC2 Instance Terminate Unsuccessful",
		"cloudwatch-alarm-sns-payload-multiple-metrics.json":    "aws.sns/EXAMPLE",
		"cloudwatch-alarm-sns-payload-single-metric.json":       "aws.sns/EXAMPLE",
		"codebuild-phase-change.json":                           "aws.events/aws.codebuild/CodeBuild Build Phase Change",
		"codebuild-state-change.json":                           "aws.events/aws.codebuild/CodeBuild Build State Change",
		"codedeploy-deployment-event.json":                      "aws.events/aws.codedeploy/CodeDeploy Deployment State-change Notification",
		"codedeploy-instance-event.json":                        "aws.events/aws.codedeploy/CodeDeploy Instance State-change Notification",
		"codepipeline-action-execution-stage-change-event.json": "aws.events/aws.codepipeline/CodePipeline Action Execution State Change",
		"codepipeline-execution-stage-change-event.json":        "aws.events/aws.codepipeline/CodePipeline Stage Execution State Change",
		"codepipeline-execution-state-change-event.json":        "aws.events/aws.codepipeline/CodePipeline Pipeline Execution State Change",
		"dynamodb-event.json":                                   "aws.dynamodb/Example-Table",
		"dynamodb-time-window-event.json":                       "aws.dynamodb/stream-ARN",
		"ecr-image-push-event.json":                             "aws.events/aws.ecr/ECR Image Action",
		"ecr-image-scan-event.json":                             "aws.events/aws.ecr/ECR Image Scan",
		"ecs-container-instance-state-change.json":              "aws.events/aws.ecs/ECS Container Instance State Change",
		"kinesis-event.json":                                    "aws.kinesis/simple-stream",
		"kinesis-time-window-event.json":                        "aws.kinesis/lambda-stream",
		"s3-event-with-decoded.json":                            "aws.s3/sourcebucket",
		"s3-event.json":                                         "aws.s3/sourcebucket",
		"s3-glacier-event.json":                                 "aws.s3/example-bucket",
		"s3-intelligenttier-event.json":                         "aws.s3/example-bucket",
		"s3-lifecycle-event.json":                               "aws.s3/example-bucket",
		"s3-replication-event.json":                             "aws.s3/amzn-s3-demo-bucket1",
		"s3-restore-event.json":                                 "aws.s3/example-bucket",
		"sns-event.json":                                        "aws.sns/EXAMPLE",
		"sqs-event.json":                                        "aws.sqs/SQSQueue",
	}
	for name, payload := range lambdatest.Samples(t) {
		var o outlet
		_, ok, err := o.handle(t, string(payload))
		var names []string
		for _, r := range o.taken {
			if !slices.Contains(names, r.Name) {
				names = append(names, r.Name)
			}
			readable(t, r)
		}
		if got := strings.Join(names, " "); got != want[name] || ok != (got != "") || err != nil {
			t.Errorf("%s: got %q, %t, %v, want %q", name, got, ok, err, want[name])
		}
	}
}

// readable checks that aws-lambda-go can read the record.
func readable(t *testing.T, r record.Record) {
	t.Helper()
	into, _, _ := strings.Cut(r.Name, "/")
	v := map[string]any{
		"aws.sqs": &events.SQSMessage{}, "aws.sns": &events.SNSEventRecord{}, "aws.s3": &events.S3EventRecord{},
		"aws.events": &events.EventBridgeEvent{}, "aws.schedule": &events.EventBridgeEvent{},
		"aws.kinesis": &events.KinesisEventRecord{}, "aws.dynamodb": &events.DynamoDBEventRecord{},
	}[into]
	if err := json.Unmarshal(r.Data, v); err != nil {
		t.Errorf("%s cannot be read into %T: %v", r.Name, v, err)
	}
}
