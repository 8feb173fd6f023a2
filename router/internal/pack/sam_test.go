package pack_test

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

	"switchyard/router/internal/function"
	"switchyard/router/internal/pack"
	"switchyard/shared/fn"
)

func TestSAM(t *testing.T) {
	t.Parallel()
	for name, p := range plans() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := pack.SAM(p)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "sam-"+name+".yaml", text)
			again, err := pack.SAM(plans()[name])
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
	for name, resource := range entries(c.part("Resources")) {
		c.resource(name, resource)
	}
	for name, parameter := range entries(c.part("Parameters")) {
		if scalar(parameter, "Type") == "" {
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

func (c *checker) part(name string) *yaml.Node { return child(c.root, name) }

// resource checks the type and that what it requires is there.
func (c *checker) resource(name string, r *yaml.Node) {
	required, known := map[string][]string{
		"AWS::Serverless::Function": {"CodeUri", "MemorySize", "Timeout", "Role", "LoggingConfig"},
		"AWS::Serverless::HttpApi":  {},
		"AWS::Logs::LogGroup":       {"LogGroupName", "RetentionInDays"},
		"AWS::IAM::Role":            {"AssumeRolePolicyDocument", "Policies"},
		"AWS::Lambda::Permission":   {"Action", "FunctionName", "Principal", "SourceArn"},
		"AWS::S3::Bucket":           {"BucketName", "NotificationConfiguration"},
	}[scalar(r, "Type")]
	if !known {
		c.fail("%s has the type %s", name, scalar(r, "Type"))
	}
	if !regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`).MatchString(name) {
		c.fail("%s is no id", name)
	}
	for _, property := range required {
		if child(child(r, "Properties"), property) == nil {
			c.fail("%s has no %s", name, property)
		}
	}
	for _, event := range entries(child(child(r, "Properties"), "Events")) {
		wants, known := map[string]string{
			"HttpApi": "ApiId", "SQS": "Queue", "SNS": "Topic", "Kinesis": "Stream", "DynamoDB": "Stream",
			"EventBridgeRule": "Pattern", "Schedule": "Schedule",
		}[scalar(event, "Type")]
		if !known || child(child(event, "Properties"), wants) == nil {
			c.fail("%s has an event of type %s without %s", name, scalar(event, "Type"), wants)
		}
	}
	if condition := scalar(r, "Condition"); condition != "" && child(c.part("Conditions"), condition) == nil {
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
		if len(n.Content) != 3 || child(c.part("Conditions"), n.Content[0].Value) == nil {
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
	resource, function := child(c.part("Resources"), id), ""
	if owner, ok := strings.CutSuffix(id, "Url"); ok && resource == nil { // which SAM makes
		resource = child(child(child(c.part("Resources"), owner), "Properties"), "FunctionUrlConfig")
		function = "AWS::Lambda::Url"
	}
	switch {
	case slices.Contains([]string{"AWS::StackName", "AWS::Region", "AWS::AccountId", "AWS::Partition", "AWS::URLSuffix", "AWS::NoValue"}, name):
	case attribute == "" && (child(c.part("Parameters"), id) != nil || resource != nil):
	case resource != nil && slices.Contains(map[string][]string{
		"AWS::Serverless::Function": {"Arn"}, "AWS::IAM::Role": {"Arn"}, "AWS::Logs::LogGroup": {"Arn"}, "AWS::Lambda::Url": {"FunctionUrl"},
	}[scalar(resource, "Type")+function], attribute):
	default:
		c.fail("%s does not exist", name)
	}
}

// child returns the value of a key of a mapping, or nil.
func child(n *yaml.Node, key string) *yaml.Node { return entries(n)[key] }

// entries returns the values of a mapping by their keys.
func entries(n *yaml.Node) map[string]*yaml.Node {
	all := map[string]*yaml.Node{}
	if n != nil && n.Kind == yaml.MappingNode {
		for i := 0; i < len(n.Content); i += 2 {
			all[n.Content[i].Value] = n.Content[i+1]
		}
	}
	return all
}

func scalar(n *yaml.Node, key string) string {
	if value := child(n, key); value != nil {
		return value.Value
	}
	return ""
}

// TestSAMNamesSecrets wants every secret variable to be a reference.
func TestSAMNamesSecrets(t *testing.T) {
	t.Parallel()
	for name, p := range plans() {
		text, err := pack.SAM(p)
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
func environment(document *yaml.Node, u pack.Unit) map[string]*yaml.Node {
	for _, r := range entries(child(document.Content[0], "Resources")) {
		if properties := child(r, "Properties"); scalar(properties, "CodeUri") == u.Zip {
			return entries(child(child(properties, "Environment"), "Variables"))
		}
	}
	return nil
}

// TestExactGrants wants a function to have no more than it needs.
func TestExactGrants(t *testing.T) {
	t.Parallel()
	text, err := pack.SAM(plans()["each"])
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"ApiFilesGet": nil, "PagesAssets": nil, "PagesLive": nil,
		"ApiFilesCreate": {"s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"},
		"JobsIngest": {
			"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams",
			"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams",
			"s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject",
			"sns:Publish", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage",
		},
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for id, r := range entries(child(document.Content[0], "Resources")) {
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
	if inner := child(n, "Action"); inner != nil {
		for _, action := range inner.Content {
			if !strings.HasPrefix(action.Value, "logs:") {
				all = append(all, action.Value)
			}
		}
	}
	slices.Sort(all)
	return all
}

func TestRoutesOfAPI(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"POST /api/files":      {"POST /api/files"},
		"GET /api/files/{id}":  {"GET /api/files/{id}", "HEAD /api/files/{id}"},
		"/api/auth/":           {"ANY /api/auth", "ANY /api/auth/{proxy+}"},
		"GET /{$}":             {"GET /", "HEAD /"},
		"/":                    {"ANY /", "ANY /{proxy+}"},
		"PUT /d/{path...}":     {"PUT /d", "PUT /d/{path+}"},
		"/users/{id}/{$}":      {"ANY /users/{id}"},
		"DELETE  /x/{a}/{b}/c": {"DELETE /x/{a}/{b}/c"},
	}
	for pattern, want := range tests {
		got, err := pack.RouteKeys(pattern)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", pattern, err, diff)
		}
	}
	if _, err := pack.RouteKeys("GET example.com/x"); err == nil {
		t.Error("a host is taken")
	}
}

func TestRoutesThatAnAPIConfuses(t *testing.T) {
	t.Parallel()
	page := func(name, route string) pack.Unit {
		return unit(name, function.Function{Name: name, Spec: fn.Page{Route: route}})
	}
	for name, tt := range map[string]struct {
		routes [2]string
		fails  bool
	}{
		"a folder and a page":         {[2]string{"GET /x/", "GET /x"}, true},
		"a folder and all below it":   {[2]string{"/x/", "/x/{a...}"}, true},
		"one variable, two names":     {[2]string{"/x/{a}", "/x/{b}"}, true},
		"a variable and a word":       {[2]string{"GET /x/{a}", "GET /x/self"}, false},
		"one method and another":      {[2]string{"GET /x", "POST /x"}, false},
		"a variable and all below it": {[2]string{"/x/{a}", "/x/{a}/{b...}"}, true},
	} {
		_, err := pack.SAM(pack.Plan{Project: "p", Units: []pack.Unit{page("a", tt.routes[0]), page("b", tt.routes[1])}})
		if (err != nil) != tt.fails {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Browsers ask with OPTIONS whether a page of another origin may call: somebody answers,
// once for each path, and rather who lets everybody.
func TestPreflightsOfAPI(t *testing.T) {
	t.Parallel()
	part := func(name, route string, anyOrigin bool) pack.Unit {
		u := unit(name, function.Function{Name: name, Spec: fn.Page{Route: route, AnyOrigin: anyOrigin}})
		u.Routed = true
		return u
	}
	got, err := pack.UnitRoutes(pack.Plan{Units: []pack.Unit{
		part("list", "GET /x", false), part("create", "POST /x", true), part("get", "GET /x/{id}", false),
		part("put", "PUT /x/{name}", false), part("all", "/y/", false), part("below", "DELETE /y/{$}", false),
	}})
	want := map[string][]string{
		"list": {"GET /x", "HEAD /x"}, "create": {"POST /x", "OPTIONS /x"}, "get": {"GET /x/{id}", "HEAD /x/{id}", "OPTIONS /x/{id}"},
		"put": {"PUT /x/{name}"}, "all": {"ANY /y", "ANY /y/{proxy+}"}, "below": {"DELETE /y"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
