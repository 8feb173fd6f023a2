package expression_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"switchyard/internal/stack"
	"switchyard/router/internal/generate/expression"
	"switchyard/router/internal/generate/function"
	"switchyard/shared/fn"
)

// verdicts are texts, and whether Inngest takes them as a condition, as a condition of
// CancelOn, and as a key.
func verdicts() []struct {
	text                   string
	condition, cancel, key bool
} {
	return []struct {
		text                   string
		condition, cancel, key bool
	}{
		{"event.data.size > 0", true, true, true},
		{"event.data.id == async.data.id && event.data.n != 1", true, true, true},
		{"event.data.n >= 1 ? event.data.a == 'x' : !event.data.b", true, true, true},
		{"event.data.list[0] == 1 || event.data['odd name'] == null", true, true, true},
		{"int(event.data.n) < 3 && double(event.data.n) > 1.5 && uint(event.data.n) == 2u", true, true, true},
		{"event.data.kind in ['a', lowercase('B')]", true, true, true},
		{"1 == '1' && 'a' < 2 && 1.5 > 1 && event.data.a + 1 == 'x' + 2", true, false, true},
		{"event.data.name.startsWith('a') && event.data.name.matches('^a')", true, false, true},
		{"has(event.data.a) && event.data.l.all(x, x > 1) && event.data.l.exists_one(x, x == 1)", true, false, true},
		{"size(event.data.l.filter(x, x.ok).map(x, x.n)) > 1", true, false, true},
		{"lowercase(event.data.a) == uppercase('a') && b64decode(event.data.b) == ''", true, false, true},
		{"json_parse(event.data.a).b == 1", true, false, true},
		{"date(event.data.at) > now() && now_plus('1d') > now_minus('1d')", true, false, true},
		{"timestamp(event.data.at) > timestamp('2026-01-01T00:00:00Z') - duration('1h')", true, false, true},
		{"type(event.data.a) == int && dyn(1) == 1 && event.data.at.getHours() == 1", true, false, true},
		{"vars.a == 1", true, true, true},
		{"event.data.a = 1", false, false, false},
		{"event.data.a ==", false, false, false},
		{"event.data.a === 1", false, false, false},
		{"event.data.a and event.data.b", false, false, false},
		{"data.a == 1", false, false, false},
		{"event.data.a.lower() == 'a'", false, false, false},
		{"nothing(event.data.a)", false, false, false},
		{"1 * 'a' == 1", false, false, false},
		{"1 && true", false, false, false},
		{"now_plus(1) > now()", false, false, false},
		{"event.data.a.?b == 1", false, false, false},
		{"event.data.a ? 1 : 'b'", false, false, false},
		{"'unclosed", false, false, false},
		{"event.data.`a` == 1", false, false, false},
	}
}

// Judge says what Inngest says.
func TestJudge(t *testing.T) {
	t.Parallel()
	server, err := stack.StartInngest(t.Context(), stack.Options{Dir: t.TempDir(), Progress: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	for i, tt := range verdicts() {
		trigger := map[string]any{"event": "a"}
		for use, options := range map[function.Use]map[string]any{
			function.Condition:    {"triggers": []any{map[string]any{"event": "a", "expression": tt.text}}},
			function.Cancellation: {"triggers": []any{trigger}, "cancel": []any{map[string]any{"event": "b", "if": tt.text}}},
			function.Key:          {"triggers": []any{trigger}, "idempotency": tt.text},
		} {
			want := map[function.Use]bool{function.Condition: tt.condition, function.Cancellation: tt.cancel, function.Key: tt.key}[use]
			if accepted, answer := register(t, server.URL, fmt.Sprintf("app-%d-%d", i, use), options); accepted != want {
				t.Errorf("Inngest takes %q as %d: %t, want %t: %s", tt.text, use, accepted, want, answer)
			}
			if got := expression.Judge(tt.text, use); (got.Wrong == "") != want {
				t.Errorf("%q as %d: got %q, want that it is accepted: %t", tt.text, use, got.Wrong, want)
			}
		}
	}
}

// register tells Inngest of an app with one function.
func register(t *testing.T, url, app string, options map[string]any) (accepted bool, answer string) {
	t.Helper()
	options["id"], options["name"] = app+"-f", "f"
	options["steps"] = map[string]any{"step": map[string]any{
		"id": "step", "name": "step", "runtime": map[string]any{"type": "http", "url": "http://127.0.0.1:9/" + app},
	}}
	body, err := json.Marshal(map[string]any{
		"url": "http://127.0.0.1:9/" + app, "v": "0.1", "deployType": "ping", "sdk": "go:v0.16.0", "framework": "test",
		"appName": app, "functions": []any{options},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/fn/register", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode == http.StatusOK, string(text)
}

// The filters of event sources are understood.
func TestFilters(t *testing.T) {
	t.Parallel()
	for _, source := range []fn.Source{
		fn.S3{Bucket: "b", Events: []string{"ObjectCreated:Put", "ObjectRemoved:*"}, Prefix: "in/", Suffix: ".jpg"},
		fn.EventBridge{Source: "s", DetailType: "t", Detail: map[string][]string{"true.in.null.false": {`"`, `\`, "\n", "é"}, "for.a-b._c": {"'"}}},
	} {
		if err := source.Check(); err != nil {
			t.Fatal(err)
		}
		if got := expression.Judge(source.Filter(), function.Condition); got.Wrong != "" {
			t.Errorf("%s %s", source.Filter(), got.Wrong)
		}
	}
}

// What Inngest takes and would be of no use.
func TestUseless(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		use  function.Use
		want string // in what is wrong; "" if nothing is
	}{
		{"event.data.paid ? 120 : 0", function.Priority, ""},
		{"int(event.data.rank) + 1", function.Priority, ""},
		{"-(int(event.data.rank) + 1) * 2", function.Priority, ""},
		{"event.data.paid ? size(event.data.lines) : int(event.data.rank) + 1", function.Priority, ""},
		{"event.data.rank", function.Priority, "no whole number"},
		{"event.data.rank + 1", function.Priority, "no whole number"},
		{"event.data.paid ? 1 : event.data.rank", function.Priority, "no whole number"},
		{"1.0", function.Priority, "no whole number"},
		{"1u", function.Priority, "no whole number"},
		{"event.data.rank > 1", function.Priority, "no whole number"},
		{"'a'", function.Condition, "is a value of type string"},
		{"size(event.data.a)", function.Condition, "is a value of type int"},
		{"[1]", function.Cancellation, "is a value of type list(int)"},
		{"'a' + event.data.b", function.Condition, "is a sum"},
		{"1 + 1", function.Condition, "is a sum"},
		{"event.data.n + 1 > 2", function.Condition, ""},
		{"event.data.ok", function.Condition, ""},
		{"[1]", function.Key, ""},
	} {
		if got := expression.Judge(tt.text, tt.use); (got.Wrong == "") != (tt.want == "") || !strings.Contains(got.Wrong, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.text, got.Wrong, tt.want)
		}
	}
}
