package bindings_test

import (
	"net/http"
	"testing"

	"switchyard/router/tests/bindings/bindingtest"
)

// FuzzBodies sends any body to any endpoint of the corpus.
func FuzzBodies(f *testing.F) {
	all := bodies()
	pairs := make([]sender, len(all))
	for i, one := range all {
		pairs[i] = one.pair(f)
		for _, valid := range one.bodies {
			f.Add(uint8(i), valid)
		}
	}
	f.Fuzz(func(t *testing.T, endpoint uint8, body string) {
		pairs[int(endpoint)%len(pairs)].Send(t, bindingtest.Ask{Target: "/a", Header: asJSON(), Body: body, AnyPlaces: true})
	})
}

// FuzzParams sends any query, and any headers.
func FuzzParams(f *testing.F) {
	pair := newParams(f)
	f.Add("text=ab", "", "", "")
	f.Add(allParams, "Mon, 02 Jan 2006 15:04:05 GMT", "a, b", "token=abc; visits=1")
	f.Fuzz(func(t *testing.T, query, since, accepts, cookies string) {
		header := http.Header{}
		for name, value := range map[string]string{"If-Modified-Since": since, "X-Accepts": accepts, "Cookie": cookies} {
			if value != "" {
				header.Set(name, value)
			}
		}
		pair.Send(t, bindingtest.Ask{Target: paramsPath + "?" + query, Header: header})
	})
}
