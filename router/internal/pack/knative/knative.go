// Package knative describes a plan as services of Knative, which Google Cloud Run takes too.
package knative

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"switchyard/router/internal/pack/ordered"
	"switchyard/router/internal/pack/plan"
)

// registry stands for where images are pushed to, which is not known when they are built.
const registry = "REGISTRY"

// Manifest returns the manifest of a service for each unit, as Knative and Google Cloud
// Run take it. What they are told in clear is empty where the program has a default; of
// secrets there are the names.
func Manifest(p plan.Plan) ([]byte, error) {
	given := map[string]string{}
	for name := range plan.GivenByLambda() {
		given[name] = "" // a name that is for AWS alone, and nothing sets here
	}
	all := p.Settings(given)
	var services []*yaml.Node
	for _, u := range p.Units {
		services = append(services, ordered.Node(service(p, u, u.Settings(all))))
	}
	return ordered.Encode(fmt.Sprintf(`# %s as containers, written by router package. Push the images, and put where to for %s:
#   crane push %s %s/%s
#   sed -i 's|%s|europe-docker.pkg.dev/project/repository|' service.yaml
# then, on Knative:       kubectl apply -f service.yaml
# or on Google Cloud Run: gcloud run services replace service.yaml, one service at a time
# A secret is one entry called latest: on Knative in a Secret of that name, on Cloud Run
# the latest version of one in Secret Manager.
`, p.Project, registry, p.Units[0].Name, registry, p.Units[0].Name, registry), services...)
}

func service(p plan.Plan, u plan.Unit, mine []plan.Setting) ordered.Map {
	spec := ordered.Map{}
	if u.Reserved > 0 {
		spec = append(spec, "containerConcurrency", u.Reserved)
	}
	spec = append(spec,
		"timeoutSeconds", int(u.Timeout.Seconds()),
		"containers", []any{ordered.Map{
			"image", image(p, u),
			"ports",
			[]any{ordered.Map{"name", "http1", "containerPort", 8080}},
			"env", variables(p, mine),
			"resources",
			ordered.Map{"limits", ordered.Map{"cpu", "1", "memory", fmt.Sprintf("%dMi", u.Memory)}},
			"startupProbe", healthCheck("/readyz", "periodSeconds", 2, "timeoutSeconds", 2, "failureThreshold", 30),
			"livenessProbe", healthCheck("/livez", "periodSeconds", 10, "timeoutSeconds", 5, "failureThreshold", 3),
		}},
	)
	return ordered.Map{
		"apiVersion", "serving.knative.dev/v1", "kind", "Service",
		"metadata",
		ordered.Map{"name", u.Name, "labels", ordered.Map{"app.kubernetes.io/part-of", p.Project}},
		"spec",
		ordered.Map{"template", ordered.Map{
			"metadata",
			ordered.Map{"annotations", scaling(u)},
			"spec", spec,
		}},
	}
}

// scaling keeps one process, and its processor, of what works between requests too: it
// sends the events that a transaction has left in the database.
func scaling(u plan.Unit) ordered.Map {
	if u.Needs == nil || !slices.Contains(u.Needs.Services(), "events") {
		return nil
	}
	return ordered.Map{"autoscaling.knative.dev/minScale", "1", "run.googleapis.com/cpu-throttling", "false"}
}

// image returns the name of the unit's image: by its digest if it is known.
func image(p plan.Plan, u plan.Unit) string {
	if u.Digest != "" {
		return registry + "/" + u.Name + "@" + u.Digest
	}
	return registry + "/" + u.Name + ":" + p.Version
}

func healthCheck(path string, more ...any) ordered.Map {
	return append(ordered.Map{"httpGet", ordered.Map{"path", path}}, more...)
}

// variables are the settings, those first that must be given. Secrets that need not be
// there are in a comment: a service does not start if one is named that does not exist.
func variables(p plan.Plan, mine []plan.Setting) *yaml.Node {
	var all []any
	for _, s := range mine {
		if s.Secret && s.Required {
			all = append(all, ordered.Map{"name", s.Name, "valueFrom", ordered.Map{"secretKeyRef", ordered.Map{
				"name", p.Project + "-" + strings.Join(plan.Words(s.Name), "-"), "key", "latest",
			}}})
		}
	}
	for _, required := range []bool{true, false} {
		for _, s := range mine {
			if s.Secret || s.Required != required {
				continue
			}
			variable := ordered.Node(ordered.Map{"name", s.Name, "value", ""})
			if required {
				variable.HeadComment = "Required: " + s.Use
			}
			all = append(all, variable)
		}
	}
	list := ordered.Node(all)
	if _, optional := plan.Secrets(mine); len(optional) > 0 && len(list.Content) > 0 {
		first := list.Content[0]
		first.HeadComment = strings.TrimSpace("Secrets that may be added: " + strings.Join(optional, ", ") + "\n" + first.HeadComment)
	}
	return list
}
