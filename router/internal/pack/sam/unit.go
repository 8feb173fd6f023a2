package sam

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"switchyard/router/internal/pack/ordered"
	"switchyard/router/internal/pack/plan"
)

// unit returns the resources of one Lambda: itself, its log group and its role.
func (t template) unit(u plan.Unit) ordered.Map {
	id := title(u.Name)
	function := ordered.Map{
		"FunctionName", sub("${AWS::StackName}-" + u.Name),
		"Description", u.Describe(),
		"CodeUri", u.Zip,
		"MemorySize", u.Memory,
		"Timeout", int(u.Timeout.Seconds()),
	}
	if u.Reserved > 0 {
		function = append(function, "ReservedConcurrentExecutions", u.Reserved)
	}
	function = append(function,
		"Role", getAtt(id+"Role.Arn"),
		"LoggingConfig", ordered.Map{"LogGroup", ref(id + "Logs")},
		"Environment", ordered.Map{"Variables", t.environment(u)},
		"FunctionUrlConfig", functionURL(u),
		"Events", t.events(u),
	)
	return ordered.Map{
		functionID(u.Name),
		ordered.Map{"Type", "AWS::Serverless::Function", "Properties", function},
		id + "Logs",
		ordered.Map{"Type", "AWS::Logs::LogGroup", "Properties", ordered.Map{
			"LogGroupName", sub("/aws/lambda/${AWS::StackName}-" + u.Name), "RetentionInDays", ref("LogRetention"),
		}},
		id + "Role", t.role(u),
	}
}

// functionID returns the id of a unit's Lambda. That of its URL, which SAM makes, is the
// same with Url after it.
func functionID(unit string) string { return title(unit) + "Function" }

// functionURL is open: a function checks itself who calls, as it does elsewhere.
func functionURL(u plan.Unit) ordered.Map {
	if !u.URL {
		return nil
	}
	mode := "BUFFERED"
	if u.Stream {
		mode = "RESPONSE_STREAM"
	}
	return ordered.Map{"AuthType", "NONE", "InvokeMode", mode}
}

// environment returns the variables of the unit, each from a parameter or the secret.
func (t template) environment(u plan.Unit) ordered.Map {
	var environment ordered.Map
	for _, s := range u.Settings(t.settings) {
		environment = append(environment, s.Name, t.value(s))
	}
	if u.Stream {
		environment = append(environment, "LAMBDA_RESPONSE_STREAM", "on")
	}
	return environment
}

func (template) value(s plan.Setting) *yaml.Node {
	switch {
	case s.Value != "":
		return ordered.Node(s.Value)
	case s.Secret && s.Required:
		return secretOf(s.Name)
	case s.Secret:
		return ifElse("Has"+title(s.Name), secretOf(s.Name), noValue())
	case s.Name == "ENDPOINT":
		return ifElse("NoEndpoint", sub("https://s3.${AWS::Region}.${AWS::URLSuffix}"), ref("Endpoint"))
	}
	return ref(title(s.Name))
}

// role returns the role of a Lambda, which is allowed to write its own logs and what its
// grants say.
func (t template) role(u plan.Unit) ordered.Map {
	statements := []any{ordered.Map{
		"Effect", "Allow",
		"Action",
		[]string{"logs:CreateLogStream", "logs:PutLogEvents"},
		"Resource", getAtt(title(u.Name) + "Logs.Arn"),
	}}
	for _, g := range u.Grants(t.sources.ByUnit[u.Name]) {
		statements = append(statements, t.statement(g))
	}
	return ordered.Map{"Type", "AWS::IAM::Role", "Properties", ordered.Map{
		"AssumeRolePolicyDocument",
		ordered.Map{"Version", "2012-10-17", "Statement", []any{ordered.Map{
			"Effect", "Allow", "Action", "sts:AssumeRole", "Principal", ordered.Map{"Service", "lambda.amazonaws.com"},
		}}},
		"Policies",
		[]any{ordered.Map{
			"PolicyName", u.Name,
			"PolicyDocument",
			ordered.Map{"Version", "2012-10-17", "Statement", statements},
		}},
	}}
}

func (t template) statement(g plan.Grant) *yaml.Node {
	var resources []any
	for _, arn := range g.Resources {
		resources = append(resources, fullARN(arn))
	}
	statement := ordered.Node(ordered.Map{"Effect", "Allow", "Action", g.Actions, "Resource", resources})
	if g.Unless != "" {
		return ifElse("No"+title(g.Unless), statement, noValue())
	}
	return statement
}

// fullARN writes an ARN without its partition as CloudFormation does.
func fullARN(arn string) *yaml.Node {
	text := plan.ExpandARN(arn, "${AWS::Partition}", func(name string) string {
		switch name {
		case "region":
			return "${AWS::Region}"
		case "account":
			return "${AWS::AccountId}"
		}
		return "${" + title(name) + "}"
	})
	if !strings.Contains(text, "${") {
		return ordered.Node(text)
	}
	return sub(text)
}

// events returns the events that invoke the unit: of routes, of sources, and for the sweep.
func (t template) events(u plan.Unit) ordered.Map {
	var events ordered.Map
	for i, key := range t.routes[u.Name] {
		route := ordered.Map{"ApiId", ref("Api")}
		if method, path, found := strings.Cut(key, " "); found {
			route = append(route, "Method", method, "Path", path)
		}
		events = append(events, fmt.Sprintf("Route%d", i+1), ordered.Map{"Type", "HttpApi", "Properties", route})
	}
	names := map[string]int{}
	for _, s := range t.sources.ByUnit[u.Name] {
		if event := eventOf(s); event != nil {
			events = append(events, title(plan.SourceName(s, names)), event)
		}
	}
	if u.Sweeps {
		events = append(events, "Sweep", ordered.Map{"Type", "Schedule", "Properties", ordered.Map{
			"Description", plan.SweepPurpose, "Schedule", plan.SweepRate, "Input", plan.SweepPayload,
		}})
	}
	return events
}
