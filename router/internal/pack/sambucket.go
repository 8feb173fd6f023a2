package pack

import (
	"encoding/json"
	"fmt"
)

// parameters ask for what only the deployment knows of the sources: whether a bucket is
// there already, and where a table's stream is.
func (n notices) parameters() pairs {
	var parameters pairs
	for _, b := range n.buckets {
		parameters = append(parameters, "Create"+title(b.bucket), pairs{
			"Type", "String", "Default", "yes", "AllowedValues", flow([]string{"yes", "no"}),
			"Description", "Whether the bucket " + b.bucket + " is made; if it is there already, the output " + title(b.bucket) + "Notifications says how it announces its changes",
		})
	}
	for _, t := range n.tables {
		parameters = append(parameters, streamParameter(t), pairs{
			"Type", "String", "MinLength", 1,
			"Description", "The ARN of the stream of the table " + t.Table + "; aws dynamodb describe-table --table-name " + t.Table + " --query Table.LatestStreamArn",
		})
	}
	return parameters
}

func (n notices) conditions() pairs {
	var conditions pairs
	for _, b := range n.buckets {
		create := ref("Create" + title(b.bucket))
		conditions = append(conditions,
			"Creates"+title(b.bucket), tagged("!Equals", flow([]any{create, "yes"})),
			"Has"+title(b.bucket), tagged("!Equals", flow([]any{create, "no"})),
		)
	}
	return conditions
}

// resources are the buckets, and that they may invoke the functions. A bucket that is
// made stays when the stack goes.
func (n notices) resources() pairs {
	var resources pairs
	for _, b := range n.buckets {
		var permissions []string
		for _, unit := range b.units() {
			name := title(unit) + title(b.bucket) + "Permission"
			permissions = append(permissions, name)
			resources = append(resources, name, pairs{"Type", "AWS::Lambda::Permission", "Properties", pairs{
				"Action", "lambda:InvokeFunction", "FunctionName", ref(functionID(unit)), "Principal", "s3.amazonaws.com",
				"SourceAccount", ref("AWS::AccountId"), "SourceArn", sub("arn:${AWS::Partition}:s3:::" + b.bucket),
			}})
		}
		resources = append(resources, title(b.bucket)+"Bucket", pairs{
			"Type", "AWS::S3::Bucket", "Condition", "Creates" + title(b.bucket), "DependsOn", permissions,
			"DeletionPolicy", "Retain", "UpdateReplacePolicy", "Retain",
			"Properties",
			pairs{
				"BucketName", b.bucket,
				"NotificationConfiguration",
				pairs{"LambdaConfigurations", b.configurations()},
			},
		})
	}
	return resources
}

func (b bucketNotices) configurations() []any {
	var all []any
	for _, to := range b.to {
		var rules []any
		for _, rule := range to.rules() {
			rules = append(rules, pairs{"Name", rule.Name, "Value", rule.Value})
		}
		for _, event := range to.Names() {
			c := pairs{"Event", "s3:" + event, "Function", getAtt(functionID(to.unit) + ".Arn")}
			if len(rules) > 0 {
				c = append(c, "Filter", pairs{"S3Key", pairs{"Rules", rules}})
			}
			all = append(all, c)
		}
	}
	return all
}

// rule is a bound on the keys whose changes are announced.
type rule struct{ Name, Value string }

func (n notice) rules() []rule {
	var rules []rule
	if n.Prefix != "" {
		rules = append(rules, rule{"prefix", n.Prefix})
	}
	if n.Suffix != "" {
		rules = append(rules, rule{"suffix", n.Suffix})
	}
	return rules
}

// outputs say what makes a bucket that is there already announce its changes.
func (n notices) outputs() pairs {
	var outputs pairs
	for _, b := range n.buckets {
		outputs = append(outputs, title(b.bucket)+"Notifications", pairs{
			"Condition", "Has" + title(b.bucket),
			"Description", "What makes the bucket announce its changes; it replaces all that it announces now",
			"Value", sub(b.command()),
		})
	}
	return outputs
}

func (b bucketNotices) command() string {
	type configuration struct {
		LambdaFunctionArn string
		Events            []string
		Filter            any `json:",omitempty"`
	}
	var all []configuration
	for _, to := range b.to {
		c := configuration{LambdaFunctionArn: "${" + functionID(to.unit) + ".Arn}"}
		for _, event := range to.Names() {
			c.Events = append(c.Events, "s3:"+event)
		}
		if rules := to.rules(); len(rules) > 0 {
			c.Filter = map[string]any{"Key": map[string]any{"FilterRules": rules}}
		}
		all = append(all, c)
	}
	text, err := json.Marshal(map[string]any{"LambdaFunctionConfigurations": all})
	if err != nil {
		panic("pack: " + err.Error()) // cannot happen: these are texts
	}
	return fmt.Sprintf("aws s3api put-bucket-notification-configuration --bucket %s --notification-configuration '%s'", b.bucket, text)
}
