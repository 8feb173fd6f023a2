package sam

import (
	"encoding/json"
	"fmt"

	"switchyard/router/internal/pack/ordered"
	"switchyard/router/internal/pack/plan"
)

// sourceParameters ask for what only the deployment knows of the sources: whether a bucket is
// there already, and where a table's stream is.
func sourceParameters(n plan.Sources) ordered.Map {
	var parameters ordered.Map
	for _, b := range n.Buckets {
		parameters = append(parameters, "Create"+title(b.Name), ordered.Map{
			"Type", "String", "Default", "yes", "AllowedValues", ordered.Flow([]string{"yes", "no"}),
			"Description", "Whether the bucket " + b.Name + " is made; if it is there already, the output " + title(b.Name) + "Notifications says how it announces its changes",
		})
	}
	for _, t := range n.Tables {
		parameters = append(parameters, streamParameter(t), ordered.Map{
			"Type", "String", "MinLength", 1,
			"Description", "The ARN of the stream of the table " + t.Table + "; aws dynamodb describe-table --table-name " + t.Table + " --query Table.LatestStreamArn",
		})
	}
	return parameters
}

func sourceConditions(n plan.Sources) ordered.Map {
	var conditions ordered.Map
	for _, b := range n.Buckets {
		create := ref("Create" + title(b.Name))
		conditions = append(conditions,
			"Creates"+title(b.Name), tagged("!Equals", ordered.Flow([]any{create, "yes"})),
			"Has"+title(b.Name), tagged("!Equals", ordered.Flow([]any{create, "no"})),
		)
	}
	return conditions
}

// sourceResources are the buckets, and that they may invoke the functions. A bucket that is
// made stays when the stack goes.
func sourceResources(n plan.Sources) ordered.Map {
	var resources ordered.Map
	for _, b := range n.Buckets {
		var permissions []string
		for _, unit := range b.Units() {
			name := title(unit) + title(b.Name) + "Permission"
			permissions = append(permissions, name)
			resources = append(resources, name, ordered.Map{"Type", "AWS::Lambda::Permission", "Properties", ordered.Map{
				"Action", "lambda:InvokeFunction", "FunctionName", ref(functionID(unit)), "Principal", "s3.amazonaws.com",
				"SourceAccount", ref("AWS::AccountId"), "SourceArn", sub("arn:${AWS::Partition}:s3:::" + b.Name),
			}})
		}
		resources = append(resources, title(b.Name)+"Bucket", ordered.Map{
			"Type", "AWS::S3::Bucket", "Condition", "Creates" + title(b.Name), "DependsOn", permissions,
			"DeletionPolicy", "Retain", "UpdateReplacePolicy", "Retain",
			"Properties",
			ordered.Map{
				"BucketName", b.Name,
				"NotificationConfiguration",
				ordered.Map{"LambdaConfigurations", configurations(b)},
			},
		})
	}
	return resources
}

func configurations(b plan.Bucket) []any {
	var all []any
	for _, to := range b.Notifications {
		var rules []any
		for _, rule := range to.Filters() {
			rules = append(rules, ordered.Map{"Name", rule.Name, "Value", rule.Value})
		}
		for _, event := range to.Names() {
			c := ordered.Map{"Event", "s3:" + event, "Function", getAtt(functionID(to.Unit) + ".Arn")}
			if len(rules) > 0 {
				c = append(c, "Filter", ordered.Map{"S3Key", ordered.Map{"Rules", rules}})
			}
			all = append(all, c)
		}
	}
	return all
}

// sourceOutputs say what makes a bucket that is there already announce its changes.
func sourceOutputs(n plan.Sources) ordered.Map {
	var outputs ordered.Map
	for _, b := range n.Buckets {
		outputs = append(outputs, title(b.Name)+"Notifications", ordered.Map{
			"Condition", "Has" + title(b.Name),
			"Description", "What makes the bucket announce its changes; it replaces all that it announces now",
			"Value", sub(command(b)),
		})
	}
	return outputs
}

// command returns the command of the AWS CLI that configures a bucket as the template would.
func command(b plan.Bucket) string {
	type configuration struct {
		LambdaFunctionArn string
		Events            []string
		Filter            any `json:",omitempty"`
	}
	var all []configuration
	for _, to := range b.Notifications {
		c := configuration{LambdaFunctionArn: "${" + functionID(to.Unit) + ".Arn}"}
		for _, event := range to.Names() {
			c.Events = append(c.Events, "s3:"+event)
		}
		if rules := to.Filters(); len(rules) > 0 {
			c.Filter = map[string]any{"Key": map[string]any{"FilterRules": rules}}
		}
		all = append(all, c)
	}
	text, err := json.Marshal(map[string]any{"LambdaFunctionConfigurations": all})
	if err != nil {
		panic("pack: " + err.Error()) // cannot happen: these are texts
	}
	return fmt.Sprintf("aws s3api put-bucket-notification-configuration --bucket %s --notification-configuration '%s'", b.Name, text)
}
