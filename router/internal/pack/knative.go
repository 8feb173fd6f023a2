package pack

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// registry stands for where images are pushed to, which is not known when they are built.
const registry = "REGISTRY"

// Knative returns the manifest of a service for each unit, as Knative and Google Cloud
// Run take it. What they are told in clear is empty where the program has a default; of
// secrets there are the names.
func Knative(p Plan) ([]byte, error) {
	given := map[string]string{}
	for name := range givenByLambda() {
		given[name] = "" // a name that is for AWS alone, and nothing sets here
	}
	all := settings(p, given)
	var services []*yaml.Node
	for _, u := range p.Units {
		services = append(services, node(knativeService(p, u, settingsOf(u, all))))
	}
	return encode(fmt.Sprintf(`# %s as containers, written by router package. Push the images, and put where to for %s:
#   crane push %s %s/%s
#   sed -i 's|%s|europe-docker.pkg.dev/project/repository|' service.yaml
# then, on Knative:       kubectl apply -f service.yaml
# or on Google Cloud Run: gcloud run services replace service.yaml, one service at a time
# A secret is one entry called latest: on Knative in a Secret of that name, on Cloud Run
# the latest version of one in Secret Manager.
`, p.Project, registry, p.Units[0].Name, registry, p.Units[0].Name, registry), services...)
}

func knativeService(p Plan, u Unit, mine []setting) pairs {
	spec := pairs{}
	if u.Reserved > 0 {
		spec = append(spec, "containerConcurrency", u.Reserved)
	}
	spec = append(spec,
		"timeoutSeconds", int(u.Timeout.Seconds()),
		"containers", []any{pairs{
			"image", image(p, u),
			"ports",
			[]any{pairs{"name", "http1", "containerPort", 8080}},
			"env", variables(p, mine),
			"resources",
			pairs{"limits", pairs{"cpu", "1", "memory", fmt.Sprintf("%dMi", u.Memory)}},
			"startupProbe", healthCheck("/readyz", "periodSeconds", 2, "timeoutSeconds", 2, "failureThreshold", 30),
			"livenessProbe", healthCheck("/livez", "periodSeconds", 10, "timeoutSeconds", 5, "failureThreshold", 3),
		}},
	)
	return pairs{
		"apiVersion", "serving.knative.dev/v1", "kind", "Service",
		"metadata",
		pairs{"name", u.Name, "labels", pairs{"app.kubernetes.io/part-of", p.Project}},
		"spec",
		pairs{"template", pairs{
			"metadata",
			pairs{"annotations", scaling(u)},
			"spec", spec,
		}},
	}
}

// scaling keeps one process, and its processor, of what works between requests too: it
// sends the events that a transaction has left in the database.
func scaling(u Unit) pairs {
	if u.Needs == nil || !slices.Contains(u.Needs.Services(), "events") {
		return nil
	}
	return pairs{"autoscaling.knative.dev/minScale", "1", "run.googleapis.com/cpu-throttling", "false"}
}

// image returns the name of the unit's image: by its digest if it is known.
func image(p Plan, u Unit) string {
	if u.Digest != "" {
		return registry + "/" + u.Name + "@" + u.Digest
	}
	return registry + "/" + u.Name + ":" + p.Version
}

func healthCheck(path string, more ...any) pairs {
	return append(pairs{"httpGet", pairs{"path", path}}, more...)
}

// variables are the settings, those first that must be given. Secrets that need not be
// there are in a comment: a service does not start if one is named that does not exist.
func variables(p Plan, mine []setting) *yaml.Node {
	var all []any
	for _, s := range mine {
		if s.Secret && s.Required {
			all = append(all, pairs{"name", s.Name, "valueFrom", pairs{"secretKeyRef", pairs{
				"name", p.Project + "-" + strings.Join(words(s.Name), "-"), "key", "latest",
			}}})
		}
	}
	for _, required := range []bool{true, false} {
		for _, s := range mine {
			if s.Secret || s.Required != required {
				continue
			}
			variable := node(pairs{"name", s.Name, "value", ""})
			if required {
				variable.HeadComment = "Required: " + s.Use
			}
			all = append(all, variable)
		}
	}
	list := node(all)
	if _, optional := secretsOf(mine); len(optional) > 0 && len(list.Content) > 0 {
		first := list.Content[0]
		first.HeadComment = strings.TrimSpace("Secrets that may be added: " + strings.Join(optional, ", ") + "\n" + first.HeadComment)
	}
	return list
}
