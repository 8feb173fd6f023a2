package pack

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// SAM returns the template of AWS's Serverless Application Model that describes the
// plan, to be deployed from the folder of the zips. Secrets are named in it and never
// contained; what else differs between deployments are its parameters.
func SAM(p Plan) ([]byte, error) {
	routes, err := unitRoutes(p)
	if err != nil {
		return nil, err
	}
	t := samTemplate{Plan: p, settings: settings(p, givenByLambda()), routes: routes, sources: newNotices(p)}
	return encode(t.comment(), node(pairs{
		"AWSTemplateFormatVersion", "2010-09-09",
		"Transform", "AWS::Serverless-2016-10-31",
		"Description", p.Project + " on AWS Lambda",
		"Parameters", t.parameters(),
		"Conditions", t.conditions(),
		"Globals",
		pairs{"Function", pairs{
			"Runtime", "provided.al2023", "Handler", "bootstrap", "Architectures", flow([]string{lambdaArch(p.Arch)}),
		}},
		"Resources", t.resources(),
		"Outputs", t.outputs(),
	}))
}

// samTemplate is a template in the making.
type samTemplate struct {
	Plan
	settings []setting
	routes   map[string][]string // by unit
	sources  notices
}

// lambdaArch returns what AWS calls an architecture of Go.
func lambdaArch(arch string) string {
	if arch == "amd64" {
		return "x86_64"
	}
	return arch
}

func (t samTemplate) comment() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s on AWS Lambda, written by router package. Deploy it from this folder:\n", t.Project)
	fmt.Fprintf(&b, "#   sam deploy --guided --template-file template.yaml --capabilities CAPABILITY_IAM\n")
	if required, optional := secretsOf(t.settings); len(required)+len(optional) > 0 {
		b.WriteString("# Secrets come from one secret in AWS Secrets Manager, a JSON object, while it is deployed:\n")
		if len(required) > 0 {
			fmt.Fprintf(&b, "#   required: %s\n", strings.Join(required, ", "))
		}
		if len(optional) > 0 {
			fmt.Fprintf(&b, "#   optional: %s\n", strings.Join(optional, ", "))
		}
	}
	for _, line := range demands(t.Plan) {
		b.WriteString("# Of what is there already, " + line + ".\n")
	}
	return b.String()
}

// parameters are what whoever deploys the template is asked for.
func (t samTemplate) parameters() pairs {
	parameters := pairs{
		"LogRetention", pairs{"Type", "Number", "Default", 30, "Description", "How many days logs are kept"},
	}
	if required, optional := secretsOf(t.settings); len(required)+len(optional) > 0 {
		parameters = append(parameters, "Secrets", pairs{
			"Type", "String", "Default", t.Project,
			"Description", "The name or the ARN of the secret in AWS Secrets Manager that has the secret variables",
		})
	}
	for _, s := range t.settings {
		if !s.Secret || !s.Required { // such a secret must be there
			parameters = append(parameters, title(s.Name), parameterOf(s))
		}
	}
	return append(parameters, t.sources.parameters()...)
}

func parameterOf(s setting) pairs {
	switch {
	case s.Secret:
		return pairs{
			"Type", "String", "Default", "off", "AllowedValues", flow([]string{"on", "off"}),
			"Description", "Whether the secret has " + s.describe(),
		}
	case s.Required && s.Name != "ENDPOINT":
		return pairs{"Type", "String", "MinLength", 1, "Description", s.describe()}
	case s.Name == "ENDPOINT":
		return pairs{"Type", "String", "Default", "", "Description", s.describe() + "; S3 in this region if empty"}
	}
	return pairs{"Type", "String", "Default", "", "Description", s.describe()}
}

// conditions hold for the secrets that are there, and for what goes without a variable.
func (t samTemplate) conditions() pairs {
	var conditions pairs
	for _, s := range t.settings {
		if s.Secret && !s.Required {
			conditions = append(conditions, "Has"+title(s.Name), tagged("!Equals", flow([]any{ref(title(s.Name)), "on"})))
		}
		if s.Name == "ENDPOINT" {
			conditions = append(conditions, "NoEndpoint", tagged("!Equals", flow([]any{ref("Endpoint"), ""})))
		}
	}
	for _, name := range unless(t.Plan) {
		conditions = append(conditions, "No"+title(name), tagged("!Equals", flow([]any{ref(title(name)), ""})))
	}
	return append(conditions, t.sources.conditions()...)
}

func (t samTemplate) resources() pairs {
	var resources pairs
	if t.routed() {
		resources = append(resources, "Api", pairs{"Type", "AWS::Serverless::HttpApi", "Properties", pairs{
			"Description", t.Project,
		}})
	}
	for _, u := range t.Units {
		resources = append(resources, t.unit(u)...)
	}
	return append(resources, t.sources.resources()...)
}

// routed reports whether the plan has an HTTP API.
func (t samTemplate) routed() bool {
	return slices.ContainsFunc(t.Units, func(u Unit) bool { return u.Routed })
}

// outputs are where the functions are reached, and what SWITCHYARD_REMOTE would be in a
// router that is to forward to them.
func (t samTemplate) outputs() pairs {
	var outputs pairs
	api := "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
	if t.routed() {
		outputs = append(outputs, "ApiUrl", pairs{
			"Description", "The HTTP API, to which all functions but those with a URL of their own belong", "Value", sub(api),
		})
	}
	var remotes []string
	for _, u := range t.Units {
		at := api
		if u.URL {
			at = "${" + functionID(u.Name) + "Url.FunctionUrl}"
			outputs = append(outputs, title(u.Name)+"Url", pairs{"Description", describeUnit(u), "Value", sub(at)})
		}
		for _, f := range u.Functions {
			remotes = append(remotes, f.Name+"="+at)
		}
	}
	if text := strings.Join(remotes, ","); len(text) <= maxOutput {
		outputs = append(outputs, "Remote", pairs{
			"Description", "SWITCHYARD_REMOTE of a router that forwards to these functions", "Value", sub(text),
		})
	}
	return append(outputs, t.sources.outputs()...)
}

// maxOutput is how long an output may be, so that CloudFormation takes it.
const maxOutput = 1000

// describeUnit names the functions of a unit, if they are few.
func describeUnit(u Unit) string {
	if len(u.Functions) > 1 {
		return fmt.Sprintf("%d functions", len(u.Functions))
	}
	return u.Functions[0].Name
}

// secretOf refers to an entry of the secret; it is resolved while the template is deployed.
func secretOf(name string) *yaml.Node {
	return sub("{{resolve:secretsmanager:${Secrets}:SecretString:" + name + "}}")
}
