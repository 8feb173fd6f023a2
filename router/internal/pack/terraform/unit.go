package terraform

import (
	"fmt"
	"strconv"
	"strings"

	"switchyard/router/internal/pack/plan"
)

// unit returns the file of one Lambda: its log group, its role, itself, and what invokes it.
func (m module) unit(u plan.Unit) []byte {
	f, id := newFile(fmt.Sprintf("# %s\n", u.Describe())), snake(u.Name)
	f.block("resource aws_cloudwatch_log_group "+id, attributes{
		"name", quoted("/aws/lambda/${var.name}-" + u.Name), "retention_in_days", expr("var.log_retention"),
	})
	m.role(f, u)
	a := attributes{
		"function_name", quoted("${var.name}-" + u.Name),
		"description", u.Describe(),
		"filename", quoted("${path.module}/" + u.Zip),
		"source_code_hash", expr("filebase64sha256(" + string(quoted("${path.module}/"+u.Zip)) + ")"),
		"runtime", "provided.al2023",
		"handler", "bootstrap",
		"architectures",
		[]string{m.LambdaArch()},
		"memory_size", u.Memory,
		"timeout", int(u.Timeout.Seconds()),
	}
	if u.Reserved > 0 {
		a = append(a, "reserved_concurrent_executions", u.Reserved)
	}
	a = append(a, "role", expr("aws_iam_role."+id+".arn"))
	if variables := m.environment(u); variables != "" {
		a = append(a, "environment", attributes{"variables", variables})
	}
	a = append(a,
		"logging_config", attributes{"log_format", "Text", "log_group", expr("aws_cloudwatch_log_group." + id + ".name")},
		"depends_on", expr("[aws_iam_role_policy."+id+"]"),
	)
	f.block("resource aws_lambda_function "+id, a)
	if u.URL {
		putURL(f, u)
	}
	m.putRoutes(f, u)
	m.putSources(f, u)
	return f.bytes()
}

// environment returns the variables of the unit's Lambda, "" if it has none.
func (m module) environment(u plan.Unit) expr {
	values := map[string]string{}
	var names []string
	add := func(name, value string) { names, values[name] = append(names, name), value }
	for _, s := range u.Settings(m.settings) {
		switch {
		case s.Value != "":
			add(s.Name, strconv.Quote(s.Value))
		case s.Secret && s.Required:
			add(s.Name, "local.secrets["+strconv.Quote(s.Name)+"]")
		case s.Secret:
			add(s.Name, "lookup(local.secrets, "+strconv.Quote(s.Name)+`, "")`)
		case s.Name == "ENDPOINT":
			add(s.Name, `var.endpoint != "" ? var.endpoint : "https://s3.${data.aws_region.current.region}.${data.aws_partition.current.dns_suffix}"`)
		default:
			add(s.Name, "var."+snake(s.Name))
		}
	}
	if u.Stream {
		add("LAMBDA_RESPONSE_STREAM", `"on"`)
	}
	if names == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString("{\n")
	for _, name := range names {
		fmt.Fprintf(&b, "%s = %s\n", name, values[name])
	}
	return expr(b.String() + "}")
}

// role writes the role of a Lambda, which is allowed to write its own logs and what its
// grants say.
func (m module) role(f file, u plan.Unit) {
	id := snake(u.Name)
	statements := attributes{"statement", attributes{
		"actions",
		[]string{"logs:CreateLogStream", "logs:PutLogEvents"},
		"resources", expr(`["${aws_cloudwatch_log_group.` + id + `.arn}:*"]`),
	}}
	for _, g := range u.Grants(m.sources.ByUnit[u.Name]) {
		var arns []string
		for _, arn := range g.Resources {
			arns = append(arns, string(fullARN(arn)))
		}
		statement := attributes{"actions", g.Actions, "resources", expr("[" + strings.Join(arns, ", ") + "]")}
		if g.Unless == "" {
			statements = append(statements, "statement", statement)
			continue
		}
		statements = append(statements, "dynamic statement", attributes{
			"for_each", expr("var." + snake(g.Unless) + ` == "" ? [1] : []`), "content", statement,
		})
	}
	f.block("data aws_iam_policy_document "+id, statements)
	f.block("resource aws_iam_role "+id, attributes{
		"name", quoted("${var.name}-" + u.Name),
		"assume_role_policy", expr("data.aws_iam_policy_document.lambda.json"),
	})
	f.block("resource aws_iam_role_policy "+id, attributes{
		"name", u.Name, "role", expr("aws_iam_role." + id + ".id"), "policy", expr("data.aws_iam_policy_document." + id + ".json"),
	})
}

// fullARN writes an ARN without its partition as Terraform does.
func fullARN(arn string) expr {
	return quoted(plan.ExpandARN(arn, "${data.aws_partition.current.partition}", func(name string) string {
		switch name {
		case "region":
			return "${data.aws_region.current.region}"
		case "account":
			return "${data.aws_caller_identity.current.account_id}"
		}
		return "${var." + snake(name) + "}"
	}))
}

// putURL gives the unit a function URL that is open, with the two permissions that one
// takes: a function checks itself who calls, as it does elsewhere.
func putURL(f file, u plan.Unit) {
	id, mode := snake(u.Name), "BUFFERED"
	if u.Stream {
		mode = "RESPONSE_STREAM"
	}
	function := expr("aws_lambda_function." + id + ".function_name")
	f.block("resource aws_lambda_function_url "+id, attributes{
		"function_name", function, "authorization_type", "NONE", "invoke_mode", mode,
	})
	f.block("resource aws_lambda_permission "+id+"_url", attributes{
		"statement_id", "url", "action", "lambda:InvokeFunctionUrl", "function_name", function,
		"principal", "*", "function_url_auth_type", "NONE",
	})
	f.block("resource aws_lambda_permission "+id+"_invoke", attributes{
		"statement_id", "invoke", "action", "lambda:InvokeFunction", "function_name", function,
		"principal", "*", "invoked_via_function_url", true,
	})
}

// putRoutes leads the API's routes to the unit.
func (m module) putRoutes(f file, u plan.Unit) {
	routes := m.routes[u.Name]
	if len(routes) == 0 {
		return
	}
	id := snake(u.Name)
	f.block("resource aws_apigatewayv2_integration "+id, attributes{
		"api_id", expr("aws_apigatewayv2_api.api.id"), "integration_type", "AWS_PROXY",
		"integration_uri", expr("aws_lambda_function." + id + ".invoke_arn"), "payload_format_version", "2.0",
	})
	f.block("resource aws_apigatewayv2_route "+id, attributes{
		"for_each", expr("toset(" + string(tokensOf(routes).Bytes()) + ")"),
		"api_id", expr("aws_apigatewayv2_api.api.id"), "route_key", expr("each.value"),
		"target", quoted("integrations/${aws_apigatewayv2_integration." + id + ".id}"),
	})
	permit(f, id, id+"_api", "apigateway", `"${aws_apigatewayv2_api.api.execution_arn}/*"`)
}

// permit lets a service of AWS invoke the Lambda called id, on behalf of the source.
func permit(f file, id, label, service, source string, more ...any) {
	f.block("resource aws_lambda_permission "+label, append(attributes{
		"action", "lambda:InvokeFunction", "function_name", expr("aws_lambda_function." + id + ".function_name"),
		"principal", service + ".amazonaws.com", "source_arn", expr(source),
	}, more...))
}
