// Package terraform describes a plan as a module of Terraform.
package terraform

import (
	"fmt"
	"strings"

	"switchyard/router/internal/pack/plan"
)

// Module returns the files of a Terraform module that describes the plan, by their
// names, to be applied from the folder of the zips. Secrets are read from AWS Secrets
// Manager by whoever applies it.
func Module(p plan.Plan) (map[string][]byte, error) {
	routes, err := p.APIRoutes()
	if err != nil {
		return nil, err
	}
	m := module{Plan: p, settings: p.Settings(plan.GivenByLambda()), routes: routes, sources: p.Sources()}
	files := map[string][]byte{
		"main.tf": m.main(), "variables.tf": m.variables(), "outputs.tf": m.outputs(),
	}
	for _, u := range p.Units {
		files["lambda_"+snake(u.Name)+".tf"] = m.unit(u)
	}
	if m.Routed() {
		files["api.tf"] = m.api()
	}
	if len(m.sources.Buckets) > 0 {
		files["buckets.tf"] = bucketFile(m.sources)
	}
	return files, nil
}

// module is a module in the making.
type module struct {
	plan.Plan
	settings []plan.Setting
	routes   map[string][]string // by unit
	sources  plan.Sources
}

// provider is the first version of the AWS provider that can let the public in through a
// function URL, as AWS asks for it since October 2025.
const provider = ">= 6.29"

func (m module) main() []byte {
	var comment strings.Builder
	fmt.Fprintf(&comment, "# %s on AWS Lambda, written by router package. Apply it from this folder:\n#   terraform init && terraform apply\n", m.Project)
	for _, line := range m.Demands() {
		comment.WriteString("# Of what is there already, " + line + ".\n")
	}
	f := newFile(comment.String())
	f.block("terraform", attributes{
		"required_version", ">= 1.5",
		"required_providers",
		attributes{"aws", expr(`{
			source = "hashicorp/aws"
			version = "` + provider + `"
		}`)},
	})
	f.block("data aws_caller_identity current", nil)
	f.block("data aws_partition current", nil)
	f.block("data aws_region current", nil)
	f.block("data aws_iam_policy_document lambda", attributes{"statement", attributes{
		"actions",
		[]string{"sts:AssumeRole"},
		"principals",
		attributes{"type", "Service", "identifiers", []string{"lambda.amazonaws.com"}},
	}})
	if required, optional := plan.Secrets(m.settings); len(required)+len(optional) > 0 {
		f.block("data aws_secretsmanager_secret_version secrets", attributes{"secret_id", expr("var.secrets")})
		f.block("locals", attributes{"secrets", expr("jsondecode(data.aws_secretsmanager_secret_version.secrets.secret_string)")})
	}
	for _, t := range m.sources.Tables {
		f.block("data aws_dynamodb_table "+snake(t.Table), attributes{"name", t.Table})
	}
	return f.bytes()
}

func (m module) variables() []byte {
	f := newFile("# What differs between deployments. An empty text is the program's own default.\n")
	f.block("variable name", attributes{
		"description", "What the names of all Lambdas begin with", "type", expr("string"), "default", m.Project,
	})
	f.block("variable log_retention", attributes{
		"description", "How many days logs are kept", "type", expr("number"), "default", 30,
	})
	if required, optional := plan.Secrets(m.settings); len(required)+len(optional) > 0 {
		f.block("variable secrets", attributes{
			"description", "The name or the ARN of the secret in AWS Secrets Manager: a JSON object that has " +
				strings.Join(required, ", ") + optionally(required, optional),
			"type", expr("string"), "default", m.Project,
		})
	}
	for _, s := range m.settings {
		if s.Secret {
			continue
		}
		a := attributes{"description", s.Describe(), "type", expr("string"), "nullable", false}
		switch {
		case s.Name == "ENDPOINT":
			a[1] = s.Describe() + "; S3 in this region if empty"
			a = append(a, "default", "")
		case !s.Required:
			a = append(a, "default", "")
		}
		f.block("variable "+snake(s.Name), a)
	}
	return f.bytes()
}

// optionally says which secrets may be there.
func optionally(required, optional []string) string {
	switch {
	case len(optional) == 0:
		return ""
	case len(required) == 0:
		return "if wanted " + strings.Join(optional, ", ")
	}
	return ", and if wanted " + strings.Join(optional, ", ")
}

func (m module) api() []byte {
	f := newFile("# The HTTP API that leads to the functions' routes.\n")
	f.block("resource aws_apigatewayv2_api api", attributes{"name", expr("var.name"), "protocol_type", "HTTP"})
	f.block("resource aws_apigatewayv2_stage default", attributes{
		"api_id", expr("aws_apigatewayv2_api.api.id"), "name", "$default", "auto_deploy", true,
	})
	return f.bytes()
}

func (m module) outputs() []byte {
	f := newFile("# Where the functions are reached.\n")
	const api = "aws_apigatewayv2_api.api.api_endpoint"
	if m.Routed() {
		f.block("output api_url", attributes{
			"description", "The HTTP API, to which all functions but those with a URL of their own belong", "value", expr(api),
		})
	}
	at := map[string]string{} // by function
	var names, urls []string
	for _, u := range m.Units {
		url := api
		if u.URL {
			url = "aws_lambda_function_url." + snake(u.Name) + ".function_url"
			urls = append(urls, u.Name)
		}
		for _, function := range u.Functions {
			at[function.Name] = url
			names = append(names, function.Name)
		}
	}
	if len(urls) > 0 {
		f.block("output urls", attributes{
			"description", "The function URLs, by Lambda",
			"value", object(urls, func(unit string) string { return "aws_lambda_function_url." + snake(unit) + ".function_url" }),
		})
	}
	remotes := object(names, func(name string) string { return at[name] })
	f.block("output remote", attributes{
		"description", "SWITCHYARD_REMOTE of a router that forwards to these functions",
		"value", expr(`join(",", [for name, url in ` + string(remotes) + ` : "${name}=${url}"])`),
	})
	return f.bytes()
}
