package pack

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// unit returns the resources of one Lambda: itself, its log group and its role.
func (t samTemplate) unit(u Unit) pairs {
	id := title(u.Name)
	function := pairs{
		"FunctionName", sub("${AWS::StackName}-" + u.Name),
		"Description", describeUnit(u),
		"CodeUri", u.Zip,
		"MemorySize", u.Memory,
		"Timeout", int(u.Timeout.Seconds()),
	}
	if u.Reserved > 0 {
		function = append(function, "ReservedConcurrentExecutions", u.Reserved)
	}
	function = append(function,
		"Role", getAtt(id+"Role.Arn"),
		"LoggingConfig", pairs{"LogGroup", ref(id + "Logs")},
		"Environment", pairs{"Variables", t.environment(u)},
		"FunctionUrlConfig", functionURL(u),
		"Events", t.events(u),
	)
	return pairs{
		functionID(u.Name),
		pairs{"Type", "AWS::Serverless::Function", "Properties", function},
		id + "Logs",
		pairs{"Type", "AWS::Logs::LogGroup", "Properties", pairs{
			"LogGroupName", sub("/aws/lambda/${AWS::StackName}-" + u.Name), "RetentionInDays", ref("LogRetention"),
		}},
		id + "Role", t.role(u),
	}
}

// functionID returns the id of a unit's Lambda. That of its URL, which SAM makes, is the
// same with Url after it.
func functionID(unit string) string { return title(unit) + "Function" }

// functionURL is open: a function checks itself who calls, as it does elsewhere.
func functionURL(u Unit) pairs {
	if !u.URL {
		return nil
	}
	mode := "BUFFERED"
	if u.Stream {
		mode = "RESPONSE_STREAM"
	}
	return pairs{"AuthType", "NONE", "InvokeMode", mode}
}

// environment is what the unit's settings are, each from a parameter or the secret.
func (t samTemplate) environment(u Unit) pairs {
	var environment pairs
	for _, s := range settingsOf(u, t.settings) {
		environment = append(environment, s.Name, t.value(s))
	}
	if u.Stream {
		environment = append(environment, "LAMBDA_RESPONSE_STREAM", "on")
	}
	return environment
}

func (samTemplate) value(s setting) *yaml.Node {
	switch {
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
func (t samTemplate) role(u Unit) pairs {
	statements := []any{pairs{
		"Effect", "Allow",
		"Action",
		[]string{"logs:CreateLogStream", "logs:PutLogEvents"},
		"Resource", getAtt(title(u.Name) + "Logs.Arn"),
	}}
	for _, g := range u.grants(t.sources.of[u.Name]) {
		statements = append(statements, t.statement(g))
	}
	return pairs{"Type", "AWS::IAM::Role", "Properties", pairs{
		"AssumeRolePolicyDocument",
		pairs{"Version", "2012-10-17", "Statement", []any{pairs{
			"Effect", "Allow", "Action", "sts:AssumeRole", "Principal", pairs{"Service", "lambda.amazonaws.com"},
		}}},
		"Policies",
		[]any{pairs{
			"PolicyName", u.Name,
			"PolicyDocument",
			pairs{"Version", "2012-10-17", "Statement", statements},
		}},
	}}
}

func (t samTemplate) statement(g grant) *yaml.Node {
	var resources []any
	for _, arn := range g.Resources {
		resources = append(resources, samARN(arn))
	}
	statement := node(pairs{"Effect", "Allow", "Action", g.Actions, "Resource", resources})
	if g.Unless != "" {
		return ifElse("No"+title(g.Unless), statement, noValue())
	}
	return statement
}

// samARN writes an ARN without its partition as CloudFormation does.
func samARN(arn string) *yaml.Node {
	text := expand(arn, "${AWS::Partition}", func(name string) string {
		switch name {
		case "region":
			return "${AWS::Region}"
		case "account":
			return "${AWS::AccountId}"
		}
		return "${" + title(name) + "}"
	})
	if !strings.Contains(text, "${") {
		return node(text)
	}
	return sub(text)
}

// events are what invokes the unit: routes, sources and the sweep.
func (t samTemplate) events(u Unit) pairs {
	var events pairs
	for i, key := range t.routes[u.Name] {
		route := pairs{"ApiId", ref("Api")}
		if method, path, found := strings.Cut(key, " "); found {
			route = append(route, "Method", method, "Path", path)
		}
		events = append(events, fmt.Sprintf("Route%d", i+1), pairs{"Type", "HttpApi", "Properties", route})
	}
	names := map[string]int{}
	for _, s := range t.sources.of[u.Name] {
		if event := samSource(s); event != nil {
			events = append(events, title(sourceName(s, names)), event)
		}
	}
	if u.Sweeps {
		events = append(events, "Sweep", pairs{"Type", "Schedule", "Properties", pairs{
			"Description", sweepPurpose, "Schedule", sweepRate, "Input", sweepPayload,
		}})
	}
	return events
}

// What the unit that sweeps is invoked with, how often, and why.
const (
	sweepPurpose = "Sends the events that were left in the database"
	sweepRate    = "rate(1 minute)"
	sweepPayload = `{"switchyard":"sweep"}`
)
