package knative_test

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"switchyard/router/internal/pack/knative"
	"switchyard/router/internal/pack/packtest"
	"switchyard/router/internal/pack/plan"
	"switchyard/router/internal/service"
)

func TestKnative(t *testing.T) {
	t.Parallel()
	p := packtest.Plans()["each"]
	p.Target, p.Arch = plan.Container, "amd64"
	p.Units[0].Digest = "sha256:" + strings.Repeat("0f", 32)
	text, err := knative.Manifest(p)
	if err != nil {
		t.Fatal(err)
	}
	packtest.Golden(t, "each.yaml", text)
	checkServices(t, p, text)
}

// TestCatalog describes this project's own functions.
func TestCatalog(t *testing.T) {
	t.Parallel()
	p := packtest.Catalog(t, plan.Container)["each"]
	text, err := knative.Manifest(p)
	if err != nil {
		t.Fatal(err)
	}
	checkServices(t, p, text)
}

// checkServices wants one service for each unit.
func checkServices(t *testing.T, p plan.Plan, text []byte) {
	t.Helper()
	var services []*yaml.Node
	for d := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var document yaml.Node
		if err := d.Decode(&document); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		services = append(services, document.Content[0])
	}
	if len(services) != len(p.Units) {
		t.Fatalf("there are %d services, want %d", len(services), len(p.Units))
	}
	for i, s := range services {
		checkService(t, p.Units[i], s)
	}
}

// checkService checks what Knative and Cloud Run want of a service, and that what the
// program reads is there, but for secrets that need not be.
func checkService(t *testing.T, u plan.Unit, s *yaml.Node) {
	t.Helper()
	if name := packtest.Scalar(packtest.Child(s, "metadata"), "name"); name != u.Name || !regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`).MatchString(name) {
		t.Errorf("%s is called %q", u.Name, name)
	}
	spec := packtest.Child(packtest.Child(packtest.Child(s, "spec"), "template"), "spec")
	containers := packtest.Child(spec, "containers")
	if packtest.Scalar(s, "apiVersion") != "serving.knative.dev/v1" || packtest.Scalar(s, "kind") != "Service" || containers == nil || len(containers.Content) != 1 {
		t.Fatalf("%s is no service of one container", u.Name)
	}
	container := containers.Content[0]
	if image := packtest.Scalar(container, "image"); !strings.HasPrefix(image, "REGISTRY/"+u.Name) {
		t.Errorf("%s has the image %q", u.Name, image)
	}
	names := map[string]bool{}
	if env := packtest.Child(container, "env"); env != nil {
		for _, v := range env.Content {
			name := packtest.Scalar(v, "name")
			names[name] = true
			secret := slices.ContainsFunc(u.Vars, func(use service.Use) bool { return use.Name == name && use.Secret })
			if (packtest.Child(v, "valueFrom") != nil) != secret || packtest.Scalar(v, "value") != "" {
				t.Errorf("%s: %s is secret: %t, and is given as %v", u.Name, name, secret, v.Content)
			}
		}
	}
	for _, v := range u.Vars {
		role := v.Name == "AWS_ACCESS_KEY_ID" || v.Name == "AWS_SECRET_ACCESS_KEY" || v.Name == "AWS_SESSION_TOKEN"
		if !v.Secret && !role && !strings.HasPrefix(v.Name, "RAILWAY_") && !names[v.Name] {
			t.Errorf("%s is not told %s", u.Name, v.Name)
		}
	}
}
