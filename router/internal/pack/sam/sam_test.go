package sam_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"switchyard/router/internal/pack/packtest"
	"switchyard/router/internal/pack/plan"
	"switchyard/router/internal/pack/sam"
)

func TestSAM(t *testing.T) {
	t.Parallel()
	for name, p := range packtest.Plans() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := sam.Template(p)
			if err != nil {
				t.Fatal(err)
			}
			packtest.Golden(t, name+".yaml", text)
			again, err := sam.Template(packtest.Plans()[name])
			if err != nil || string(again) != string(text) {
				t.Errorf("the second time it is another one: %v", err)
			}
			for _, problem := range checkTemplate(t, text) {
				t.Error(problem)
			}
			lint(t, text)
		})
	}
}

// TestCatalog describes this project's own functions.
func TestCatalog(t *testing.T) {
	t.Parallel()
	for name, p := range packtest.Catalog(t, plan.Lambda) {
		text, err := sam.Template(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range checkTemplate(t, text) {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

// lint asks AWS's own linter, if there is one, what it thinks of a template.
func lint(t *testing.T, text []byte) {
	t.Helper()
	linter, err := exec.LookPath("cfn-lint")
	if err != nil || exec.CommandContext(t.Context(), linter, "--version").Run() != nil {
		t.Log("there is no cfn-lint on the PATH: only this test's own checks are made")
		return
	}
	name := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), linter, name).CombinedOutput(); err != nil {
		t.Errorf("cfn-lint: %v\n%s", err, out)
	}
}

// checkTemplate returns what CloudFormation would not take of a template.
func checkTemplate(t *testing.T, text []byte) []string {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	c := &checker{root: document.Content[0]}
	for name, resource := range packtest.Entries(c.part("Resources")) {
		c.resource(name, resource)
	}
	for name, parameter := range packtest.Entries(c.part("Parameters")) {
		if packtest.Scalar(parameter, "Type") == "" {
			c.fail("the parameter %s has no type", name)
		}
	}
	for _, part := range []string{"Resources", "Conditions", "Outputs"} {
		c.walk(c.part(part))
	}
	return c.problems
}

// checker knows what may stand in a template, as far as ours go.
type checker struct {
	root     *yaml.Node
	problems []string
}

func (c *checker) fail(format string, args ...string) {
	for _, arg := range args {
		format = strings.Replace(format, "%s", arg, 1)
	}
	c.problems = append(c.problems, format)
}

func (c *checker) part(name string) *yaml.Node { return packtest.Child(c.root, name) }

// resource checks the type and that what it requires is there.
func (c *checker) resource(name string, r *yaml.Node) {
	required, known := map[string][]string{
		"AWS::Serverless::Function": {"CodeUri", "MemorySize", "Timeout", "Role", "LoggingConfig"},
		"AWS::Serverless::HttpApi":  {},
		"AWS::Logs::LogGroup":       {"LogGroupName", "RetentionInDays"},
		"AWS::IAM::Role":            {"AssumeRolePolicyDocument", "Policies"},
		"AWS::Lambda::Permission":   {"Action", "FunctionName", "Principal", "SourceArn"},
		"AWS::S3::Bucket":           {"BucketName", "NotificationConfiguration"},
	}[packtest.Scalar(r, "Type")]
	if !known {
		c.fail("%s has the type %s", name, packtest.Scalar(r, "Type"))
	}
	if !regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`).MatchString(name) {
		c.fail("%s is no id", name)
	}
	for _, property := range required {
		if packtest.Child(packtest.Child(r, "Properties"), property) == nil {
			c.fail("%s has no %s", name, property)
		}
	}
	for _, event := range packtest.Entries(packtest.Child(packtest.Child(r, "Properties"), "Events")) {
		wants, known := map[string]string{
			"HttpApi": "ApiId", "SQS": "Queue", "SNS": "Topic", "Kinesis": "Stream", "DynamoDB": "Stream",
			"EventBridgeRule": "Pattern", "Schedule": "Schedule",
		}[packtest.Scalar(event, "Type")]
		if !known || packtest.Child(packtest.Child(event, "Properties"), wants) == nil {
			c.fail("%s has an event of type %s without %s", name, packtest.Scalar(event, "Type"), wants)
		}
	}
	if condition := packtest.Scalar(r, "Condition"); condition != "" && packtest.Child(c.part("Conditions"), condition) == nil {
		c.fail("%s has the condition %s", name, condition)
	}
}

// walk checks what intrinsic functions refer to.
func (c *checker) walk(n *yaml.Node) {
	if n == nil {
		return
	}
	switch n.Tag {
	case "!Ref":
		c.exists(n.Value)
	case "!GetAtt":
		c.exists(n.Value)
	case "!Sub":
		for _, m := range regexp.MustCompile(`\$\{([^}]+)\}`).FindAllStringSubmatch(n.Value, -1) {
			c.exists(m[1])
		}
	case "!If":
		if len(n.Content) != 3 || packtest.Child(c.part("Conditions"), n.Content[0].Value) == nil {
			c.fail("!If of the condition %s", n.Content[0].Value)
		}
	default:
		if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") && n.Tag != "!Equals" {
			c.fail("the tag %s", n.Tag)
		}
	}
	for _, inner := range n.Content {
		c.walk(inner)
	}
}

// exists checks that a template has what name refers to: a parameter, a resource, an
// attribute that resources of its type have, or what every template has.
func (c *checker) exists(name string) {
	id, attribute, _ := strings.Cut(name, ".")
	resource, function := packtest.Child(c.part("Resources"), id), ""
	if owner, ok := strings.CutSuffix(id, "Url"); ok && resource == nil { // which SAM makes
		resource = packtest.Child(packtest.Child(packtest.Child(c.part("Resources"), owner), "Properties"), "FunctionUrlConfig")
		function = "AWS::Lambda::Url"
	}
	switch {
	case slices.Contains([]string{"AWS::StackName", "AWS::Region", "AWS::AccountId", "AWS::Partition", "AWS::URLSuffix", "AWS::NoValue"}, name):
	case attribute == "" && (packtest.Child(c.part("Parameters"), id) != nil || resource != nil):
	case resource != nil && slices.Contains(map[string][]string{
		"AWS::Serverless::Function": {"Arn"}, "AWS::IAM::Role": {"Arn"}, "AWS::Logs::LogGroup": {"Arn"}, "AWS::Lambda::Url": {"FunctionUrl"},
	}[packtest.Scalar(resource, "Type")+function], attribute):
	default:
		c.fail("%s does not exist", name)
	}
}

// TestSAMNamesSecrets wants every secret variable to be a reference.
func TestSAMNamesSecrets(t *testing.T) {
	t.Parallel()
	for name, p := range packtest.Plans() {
		text, err := sam.Template(p)
		if err != nil {
			t.Fatal(err)
		}
		var document yaml.Node
		if err := yaml.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		for _, u := range p.Units {
			variables := environment(&document, u)
			for _, use := range u.Vars {
				value := variables[use.Name]
				if !use.Secret || value == nil {
					continue
				}
				if value.Tag == "!If" {
					value = value.Content[1]
				}
				if want := "{{resolve:secretsmanager:${Secrets}:SecretString:" + use.Name + "}}"; value.Tag != "!Sub" || value.Value != want {
					t.Errorf("%s, %s: %s is %s %q, want a reference", name, u.Name, use.Name, value.Tag, value.Value)
				}
			}
			for variable := range variables {
				if strings.HasPrefix(variable, "RAILWAY_") || slices.Contains([]string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}, variable) {
					t.Errorf("%s, %s: %s is set, which Lambda forbids or nobody reads", name, u.Name, variable)
				}
			}
		}
	}
}

// environment returns the variables of the unit's Lambda.
func environment(document *yaml.Node, u plan.Unit) map[string]*yaml.Node {
	for _, r := range packtest.Entries(packtest.Child(document.Content[0], "Resources")) {
		if properties := packtest.Child(r, "Properties"); packtest.Scalar(properties, "CodeUri") == u.Zip {
			return packtest.Entries(packtest.Child(packtest.Child(properties, "Environment"), "Variables"))
		}
	}
	return nil
}

// TestExactGrants wants a function to have no more than it needs.
func TestExactGrants(t *testing.T) {
	t.Parallel()
	text, err := sam.Template(packtest.Plans()["each"])
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"ApiFilesGet": nil, "PagesAssets": nil, "PagesLive": nil,
		"ApiFilesCreate": {
			"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:ListBucketMultipartUploads",
			"s3:ListMultipartUploadParts", "s3:PutObject",
		},
		"JobsIngest": {
			"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams",
			"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams",
			"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:ListBucketMultipartUploads",
			"s3:ListMultipartUploadParts", "s3:PutObject",
			"sns:Publish", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage",
		},
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for id, r := range packtest.Entries(packtest.Child(document.Content[0], "Resources")) {
		if name, ok := strings.CutSuffix(id, "Role"); ok {
			got[name] = slices.Compact(actions(r))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// actions returns what a role may do but write its logs.
func actions(n *yaml.Node) []string {
	var all []string
	for _, inner := range n.Content {
		all = append(all, actions(inner)...)
	}
	if inner := packtest.Child(n, "Action"); inner != nil {
		for _, action := range inner.Content {
			if !strings.HasPrefix(action.Value, "logs:") {
				all = append(all, action.Value)
			}
		}
	}
	slices.Sort(all)
	return all
}
