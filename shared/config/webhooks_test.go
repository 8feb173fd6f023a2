package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/config"
)

const (
	secretA = "whsec_b2xkIHNlY3JldCBvZiB0aGUgc2Nhbm5lciE="
	secretB = "whsec_bmV3IHNlY3JldCBvZiB0aGUgc2Nhbm5lciE="
	public  = "whpk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	chosen  = "It's a Secret: to Everybody"
)

func TestWebhooks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       map[string][]string
		problems   []string
	}{
		{"none", "", map[string][]string{}, nil},
		{"one", "billing=" + secretA, map[string][]string{"billing": {"standard", secretA}}, nil},
		{
			"a secret that changes", " a-1=" + secretA + ", b_2=" + secretB + ",a-1=" + secretB + ",",
			map[string][]string{"a-1": {"standard", secretA, secretB}, "b_2": {"standard", secretB}},
			nil,
		},
		{
			"formats", "a=standard:" + secretA + ",a=" + public + ",b=github:" + chosen + ",c=stripe:whsec_0123456789abcdefghij",
			map[string][]string{"a": {"standard", secretA, public}, "b": {"github", chosen}, "c": {"stripe", "whsec_0123456789abcdefghij"}},
			nil,
		},
		{
			"all that is wrong", "billing=hunter2," + secretA + ",Billing=" + secretA + ",a=whsec_aHVudGVyMg==,b=" + secretA + ",b=" + secretA,
			nil,
			[]string{"the secret of billing", "entry 2 has no name", "entry 3 has no name", "the secret of a is not one of the standard format: want whsec_", "b has the same secret twice"},
		},
		{
			"formats that are none", "a=hunter2:hunter2hunter2hunter2,b=github:hunter2,c=stripe:sk_live_hunter2hunter2hunter2,d=whpk_aHVudGVyMg==,e=" +
				secretA + ",e=github:" + secretA,
			nil,
			[]string{"a has a format that is not known", "the secret of b is not one of the github format: want 16", "signing secret", "the secret of d", "e has two formats, standard and github"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := config.NewReader(env("WEBHOOKS", tt.text))
			got := map[string][]string{}
			for name, source := range config.Read[config.Webhooks](r).Sources {
				got[name] = append(got[name], string(source.Format))
				for _, s := range source.Secrets {
					got[name] = append(got[name], s.Reveal())
				}
			}
			if tt.problems == nil {
				if diff := cmp.Diff(tt.want, got); diff != "" || r.Err() != nil {
					t.Errorf("%v (-want +got)\n%s", r.Err(), diff)
				}
				return
			}
			if r.Err() == nil {
				t.Fatal("no problem was found")
			}
			text := r.Err().Error()
			for _, p := range tt.problems {
				if !strings.Contains(text, p) {
					t.Errorf("%q is not in: %s", p, text)
				}
			}
			if strings.Contains(text, secretA) || strings.Contains(text, "hunter2") {
				t.Errorf("a secret is in: %s", text)
			}
		})
	}
	if v := config.VarsOf[config.Webhooks](); len(v) != 1 || !v[0].Secret {
		t.Errorf("%+v is not secret", v)
	}
}
