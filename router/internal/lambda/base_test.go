package lambda_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/lambda"
)

// fronts of AWS that leave what stands before a program's paths where it is.
func behindBase() []front {
	return append(fronts(), front{"http", func(t *testing.T, r request) []byte {
		t.Helper()
		return []byte(strings.ReplaceAll(string(v2Event(t, r)), "abc.lambda-url.eu-central-1.on.aws", domain))
	}})
}

// TestBasePath wants what stands before the paths to be no matter of the handler, for
// every kind of front, and a path without it to stay as it is.
func TestBasePath(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			w.Header().Set("Location", to)
		}
		fmt.Fprintf(w, "%s %s", r.URL.EscapedPath(), r.RequestURI)
	})
	mux.HandleFunc("/dir/", func(http.ResponseWriter, *http.Request) {})
	host := lambda.New(lambda.Config{HTTP: mux, BasePath: "/v1"})
	streamer := lambda.New(lambda.Config{HTTP: mux, BasePath: "/v1", Stream: true})
	for target, want := range map[string][3]string{ // status, body, where it leads
		"/v1/echo/ping":          {"200", "/echo/ping /echo/ping"},
		"/v1/a%2Fb?x=1":          {"200", "/a%2Fb /a%2Fb?x=1"},
		"/v1":                    {"200", "/ /"},
		"/v1/":                   {"200", "/ /"},
		"/v1/v1/x":               {"200", "/v1/x /v1/x"},
		"/v10/x":                 {"200", "/v10/x /v10/x"},
		"/x/v1":                  {"200", "/x/v1 /x/v1"},
		"/":                      {"200", "/ /"},
		"/v1/dir":                {"307", "", "/v1/dir/"},
		"/dir":                   {"307", "", "/dir/"},
		"/v1/x?to=/sign-in":      {"200", "/x /x?to=/sign-in", "/v1/sign-in"},
		"/v1/x?to=//a.example/x": {"200", "/x /x?to=//a.example/x", "//a.example/x"},
		"/v1/x?to=https://a.b/x": {"200", "/x /x?to=https://a.b/x", "https://a.b/x"},
		"/v1/x?to=next":          {"200", "/x /x?to=next", "next"},
		"/x?to=/sign-in":         {"200", "/x /x?to=/sign-in", "/sign-in"},
		"/v1//a.example":         {"307", "", "/v1/a.example"},
	} {
		for _, f := range behindBase() {
			if f.name == "http" && strings.Contains(target, "%") || f.name == "rest" && strings.Contains(target, "?") {
				continue // they decode what was sent
			}
			reply, err := host.Invoke(t.Context(), f.event(t, request{target: target}))
			if err != nil {
				t.Errorf("%s by %s: %v", target, f.name, err)
				continue
			}
			a := answered(t, reply)
			if f.name == "url" {
				if diff := cmp.Diff(a, streamed(t, streamer, f.event(t, request{target: target})).comparable()); diff != "" {
					t.Errorf("%s, streamed (-whole +streamed):\n%s", target, diff)
				}
			}
			got := [3]string{fmt.Sprint(a.Status), a.Body, strings.Join(a.Header["Location"], " ")}
			if a.Status == http.StatusTemporaryRedirect {
				got[1] = "" // a page with a link
			}
			if got != want {
				t.Errorf("%s by %s: %q, want %q", target, f.name, got, want)
			}
		}
	}
}

// TestBasePathOfStage wants a redirect to lead back into a stage that the front has taken
// off the path already, if the setting names it.
func TestBasePathOfStage(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]string{
		`{"httpMethod":"GET","path":"/x","requestContext":{"accountId":"1","stage":"prod","path":"/prod/x"}}`:                                                                                  "/x /prod/y",
		`{"httpMethod":"GET","path":"/x","requestContext":{"accountId":"1","stage":"test","path":"/test/x"}}`:                                                                                  "/x /y",
		`{"version":"2.0","rawPath":"/prod/x","requestContext":{"stage":"prod","domainName":"abc.execute-api.eu-central-1.amazonaws.com","http":{"method":"GET","path":"/prod/x"}}}`:           "/x /prod/y",
		`{"version":"2.0","rawPath":"/live/prod/x","requestContext":{"stage":"live","domainName":"abc.execute-api.eu-central-1.amazonaws.com","http":{"method":"GET","path":"/live/prod/x"}}}`: "/x /live/prod/y",
	} {
		var path string
		host := lambda.New(lambda.Config{BasePath: "/prod", HTTP: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path = r.URL.Path
			http.Redirect(w, r, "/y", http.StatusSeeOther)
		})})
		reply, err := host.Invoke(t.Context(), []byte(event))
		if err != nil {
			t.Errorf("%s: %v", event, err)
			continue
		}
		if got := path + " " + answered(t, reply).Header["Location"][0]; got != want {
			t.Errorf("%s: %s, want %s", event, got, want)
		}
	}
}
