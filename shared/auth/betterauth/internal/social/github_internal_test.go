package social

import "testing"

func TestChoose(t *testing.T) {
	t.Parallel()
	list := addresses{{"first@a.example", false, true}, {"primary@a.example", true, false}, {"public@a.example", false, true}}
	tests := map[string]struct {
		list     addresses
		public   string
		email    string
		verified bool
	}{
		"the public one":               {list, "public@a.example", "public@a.example", true},
		"a public one, not verified":   {list, "primary@a.example", "primary@a.example", false},
		"a public one of nobody":       {list, "other@a.example", "other@a.example", false},
		"the primary one":              {list, "", "primary@a.example", false},
		"the first":                    {list[:1], "", "first@a.example", true},
		"none":                         {nil, "", "", false},
		"a public one, without a list": {nil, "public@a.example", "public@a.example", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if email, verified := test.list.choose(test.public); email != test.email || verified != test.verified {
				t.Errorf("got %s, %v, want %s, %v", email, verified, test.email, test.verified)
			}
		})
	}
}
