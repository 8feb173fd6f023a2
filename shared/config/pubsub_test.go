package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/shared/config"
)

func TestPubSub(t *testing.T) {
	t.Parallel()
	const url = "BETTER_AUTH_URL"
	read := func(kv ...string) (config.PubSub, error) {
		r := config.NewReader(env(kv...))
		return config.Read[config.PubSub](r), r.Err()
	}
	c, err := read("PUBSUB", "orders=a@p.example, orders=b@p.example,x-1=c@p.example,", url, "https://shop.example/")
	want := config.PubSubSources{"orders": {"a@p.example", "b@p.example"}, "x-1": {"c@p.example"}}
	if diff := cmp.Diff(want, c.Sources); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if got := c.AudienceOf("orders"); got != "https://shop.example/api/pubsub/orders" {
		t.Errorf("the audience is %s", got)
	}
	if c, err := read("PUBSUB", "a=b@c", "PUBSUB_AUDIENCE", "shop"); err != nil || c.AudienceOf("a") != "shop" {
		t.Errorf("the audience is %s, %v", c.AudienceOf("a"), err)
	}
	if _, err := read(); err != nil {
		t.Errorf("nothing set: %v", err)
	}
	for text, problems := range map[string][]string{
		"a=b@c": {"PUBSUB_AUDIENCE is not set, and BETTER_AUTH_URL neither"},
		"Orders=a@b,=a@b,a@b,ok=x,a=b@c,a=b@c": {
			"entry 1 has no name", "entry 2 has no name", "entry 3 has no name", "ok has no service account", "a has the same service account twice",
		},
	} {
		_, err := read("PUBSUB", text)
		for _, p := range problems {
			if err == nil || !strings.Contains(err.Error(), p) {
				t.Errorf("%s: %q is not in %v", text, p, err)
			}
		}
	}
}
