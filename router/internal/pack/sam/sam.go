// Package sam describes a plan as a template of the AWS Serverless Application Model.
package sam

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"switchyard/router/internal/pack/ordered"
	"switchyard/router/internal/pack/plan"
)

// Template returns the template of AWS's Serverless Application Model that describes the
// plan, to be deployed from the folder of the zips. Secrets are named in it and never
// contained; what else differs between deployments are its parameters.
func Template(p plan.Plan) ([]byte, error) {
	routes, err := p.APIRoutes()
	if err != nil {
		return nil, err
	}
	t := template{Plan: p, settings: p.Settings(plan.GivenByLambda()), routes: routes, sources: p.Sources()}
	return ordered.Encode(t.comment(), ordered.Node(ordered.Map{
		"AWSTemplateFormatVersion", "2010-09-09",
		"Transform", "AWS::Serverless-2016-10-31",
		"Description", p.Project + " on AWS Lambda",
		"Parameters", t.parameters(),
		"Conditions", t.conditions(),
		"Globals",
		ordered.Map{"Function", ordered.Map{
			"Runtime", "provided.al2023", "Handler", "bootstrap", "Architectures", ordered.Flow([]string{p.LambdaArch()}),
		}},
		"Resources", t.resources(),
		"Outputs", t.outputs(),
	}))
}

// template is a template in the making.
type template struct {
	plan.Plan
	settings []plan.Setting
	routes   map[string][]string // by unit
	sources  plan.Sources
}

func (t template) comment() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s on AWS Lambda, written by router package. Deploy it from this folder:\n", t.Project)
	fmt.Fprintf(&b, "#   sam deploy --guided --template-file template.yaml --capabilities CAPABILITY_IAM\n")
	if required, optional := plan.Secrets(t.settings); len(required)+len(optional) > 0 {
		b.WriteString("# Secrets come from one secret in AWS Secrets Manager, a JSON object, while it is deployed:\n")
		if len(required) > 0 {
			fmt.Fprintf(&b, "#   required: %s\n", strings.Join(required, ", "))
		}
		if len(optional) > 0 {
			fmt.Fprintf(&b, "#   optional: %s\n", strings.Join(optional, ", "))
		}
	}
	for _, line := range t.Demands() {
		b.WriteString("# Of what is there already, " + line + ".\n")
	}
	return b.String()
}

// parameters returns the parameters: whoever deploys the template is asked for them.
func (t template) parameters() ordered.Map {
	parameters := ordered.Map{
		"LogRetention", ordered.Map{"Type", "Number", "Default", 30, "Description", "How many days logs are kept"},
	}
	if required, optional := plan.Secrets(t.settings); len(required)+len(optional) > 0 {
		parameters = append(parameters, "Secrets", ordered.Map{
			"Type", "String", "Default", t.Project,
			"Description", "The name or the ARN of the secret in AWS Secrets Manager that has the secret variables",
		})
	}
	for _, s := range t.settings {
		if !s.Secret || !s.Required { // such a secret must be there
			parameters = append(parameters, title(s.Name), parameterOf(s))
		}
	}
	return append(parameters, sourceParameters(t.sources)...)
}

func parameterOf(s plan.Setting) ordered.Map {
	switch {
	case s.Secret:
		return ordered.Map{
			"Type", "String", "Default", "off", "AllowedValues", ordered.Flow([]string{"on", "off"}),
			"Description", "Whether the secret has " + s.Describe(),
		}
	case s.Required && s.Name != "ENDPOINT":
		return ordered.Map{"Type", "String", "MinLength", 1, "Description", s.Describe()}
	case s.Name == "ENDPOINT":
		return ordered.Map{"Type", "String", "Default", "", "Description", s.Describe() + "; S3 in this region if empty"}
	}
	return ordered.Map{"Type", "String", "Default", "", "Description", s.Describe()}
}

// conditions hold for the secrets that are there, and for what goes without a variable.
func (t template) conditions() ordered.Map {
	var conditions ordered.Map
	for _, s := range t.settings {
		if s.Secret && !s.Required {
			conditions = append(conditions, "Has"+title(s.Name), tagged("!Equals", ordered.Flow([]any{ref(title(s.Name)), "on"})))
		}
		if s.Name == "ENDPOINT" {
			conditions = append(conditions, "NoEndpoint", tagged("!Equals", ordered.Flow([]any{ref("Endpoint"), ""})))
		}
	}
	for _, name := range t.GrantVariables() {
		conditions = append(conditions, "No"+title(name), tagged("!Equals", ordered.Flow([]any{ref(title(name)), ""})))
	}
	return append(conditions, sourceConditions(t.sources)...)
}

func (t template) resources() ordered.Map {
	var resources ordered.Map
	if t.Routed() {
		resources = append(resources, "Api", ordered.Map{"Type", "AWS::Serverless::HttpApi", "Properties", ordered.Map{
			"Description", t.Project,
		}})
	}
	for _, u := range t.Units {
		resources = append(resources, t.unit(u)...)
	}
	return append(resources, sourceResources(t.sources)...)
}

// outputs returns the URLs of the functions, and the value of SWITCHYARD_REMOTE for a router
// that is to forward to them.
func (t template) outputs() ordered.Map {
	var outputs ordered.Map
	api := "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
	if t.Routed() {
		outputs = append(outputs, "ApiUrl", ordered.Map{
			"Description", "The HTTP API, to which all functions but those with a URL of their own belong", "Value", sub(api),
		})
	}
	var remotes []string
	for _, u := range t.Units {
		at := api
		if u.URL {
			at = "${" + functionID(u.Name) + "Url.FunctionUrl}"
			outputs = append(outputs, title(u.Name)+"Url", ordered.Map{"Description", u.Describe(), "Value", sub(at)})
		}
		for _, f := range u.Functions {
			remotes = append(remotes, f.Name+"="+at)
		}
	}
	if text := strings.Join(remotes, ","); len(text) <= maxOutput {
		outputs = append(outputs, "Remote", ordered.Map{
			"Description", "SWITCHYARD_REMOTE of a router that forwards to these functions", "Value", sub(text),
		})
	}
	return append(outputs, sourceOutputs(t.sources)...)
}

// maxOutput is the longest output that CloudFormation takes, in bytes.
const maxOutput = 1000

// secretOf refers to an entry of the secret; it is resolved while the template is deployed.
func secretOf(name string) *yaml.Node {
	return sub("{{resolve:secretsmanager:${Secrets}:SecretString:" + name + "}}")
}
