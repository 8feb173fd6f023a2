package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/project"
	"switchyard/router/catalog"
	"switchyard/router/internal/function"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/fn"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// verb runs the router with args and returns what it printed and its status.
func verb(t *testing.T, env []string, args ...string) (out, errOut string, status int) {
	t.Helper()
	var o, e bytes.Buffer
	status = Run(t.Context(), catalog.Program(), args, env, &o, &e)
	return o.String(), e.String(), status
}

func TestIncompleteEnvironment(t *testing.T) {
	t.Parallel()
	out, errOut, status := verb(t, []string{"PORT=eighty", "DATABASE_URL=mysql://root:hunter2@x/y"}, "serve")
	if status != exitUsage {
		t.Errorf("status %d, want %d", status, exitUsage)
	}
	for _, name := range []string{
		"PORT", "DATABASE_URL", "INNGEST_EVENT_KEY", "INNGEST_SIGNING_KEY", "BETTER_AUTH_URL", "BETTER_AUTH_SECRET",
	} {
		if !strings.Contains(errOut, "\n  "+name+" ") {
			t.Errorf("%s is not reported", name)
		}
	}
	if strings.Contains(out, "listening") {
		t.Error("a port was opened")
	}
	if strings.Contains(errOut, "hunter2") {
		t.Error("the report shows a password")
	}
}

func TestFunctionsForPrograms(t *testing.T) {
	t.Parallel()
	out, _, status := verb(t, nil, "functions", "--json")
	var all []listing
	if err := json.Unmarshal([]byte(out), &all); err != nil || status != exitOK {
		t.Fatalf("status %d, %v in %s", status, err, out)
	}
	i := slices.IndexFunc(all, func(l listing) bool { return l.Name == "api/keys/create" })
	if i < 0 {
		t.Fatalf("api/keys/create is not listed: %s", out)
	}
	l := all[i]
	if l.Kind != "endpoint" || l.Route != "POST /api/keys" || l.Access != "signed-in" || l.MaxBody == 0 || l.Timeout == "" {
		t.Errorf("got %+v", l)
	}
	if !slices.Contains(l.Services, "auth/apikey") || !slices.Contains(l.Env, "DATABASE_URL") || !slices.Contains(l.Env, "BETTER_AUTH_SECRET") {
		t.Errorf("its fields' services and variables are not listed: %+v", l)
	}
}

func TestEventTypes(t *testing.T) {
	t.Parallel()
	type paid struct{ events.FromWebhook }
	p := catalog.Program()
	p.Events = append(p.Events, events.Type{
		Name: "bank/paid", Data: reflect.TypeFor[paid](),
		Publishers: []string{"api/pay"}, Listeners: []string{"jobs/ship"}, Cancels: []string{"jobs/remind"},
	})
	var out bytes.Buffer
	status := Run(t.Context(), p, []string{"events", "types", "--json"}, nil, &out, io.Discard)
	var all []eventType
	if err := json.Unmarshal(out.Bytes(), &all); err != nil || status != exitOK {
		t.Fatalf("status %d, %v in %s", status, err, &out)
	}
	i := slices.IndexFunc(all, func(l eventType) bool { return l.Name == "bank/paid" })
	want := eventType{
		Name: "bank/paid", Type: reflect.TypeFor[paid]().PkgPath() + ".paid", Outside: []string{"webhooks"},
		Publishers: []string{"api/pay"}, Listeners: []string{"jobs/ship"}, Cancels: []string{"jobs/remind"},
	}
	if i < 0 || !cmp.Equal(all[i], want) {
		t.Errorf("want %+v in %s", want, &out)
	}
	text, _, _ := verb(t, nil, "events", "types")
	if !regexp.MustCompile(`mail/queued +mail.Queued +- +shared/mail +jobs/mail +-`).MatchString(text) {
		t.Errorf("got\n%s", text)
	}
}

func TestEnvNeverShowsSecrets(t *testing.T) {
	t.Parallel()
	env := []string{"SECRET_ACCESS_KEY=hunter2", "AWS_S3_BUCKET_NAME=files", "DATABASE_URL=postgres://a:hunter2@b/c", "BETTER_AUTH_SECRETS=2:hunter2,1:hunter2"}
	for _, args := range [][]string{{"env"}, {"env", "--json"}} {
		out, errOut, status := verb(t, env, args...)
		if status != exitOK || strings.Contains(out+errOut, "hunter2") {
			t.Errorf("%v: status %d\n%s%s", args, status, out, errOut)
		}
		for _, want := range []string{"SECRET_ACCESS_KEY", "MISSING", "BETTER_AUTH_SECRET", "files"} {
			if !strings.Contains(out, want) {
				t.Errorf("%v does not mention %s", args, want)
			}
		}
	}
}

func TestEnvShowsWhatIsMalformed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"BETTER_AUTH_URL", "RAILWAY_PUBLIC_DOMAIN"} { // by whichever name it was set
		out, _, _ := verb(t, []string{name + "=not a url"}, "env", "--json")
		var all []variable
		if err := json.Unmarshal([]byte(out), &all); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(all, func(v variable) bool { return v.Name == "BETTER_AUTH_URL" })
		if i < 0 || all[i].State != "MALFORMED" {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

func TestMigrateTwice(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=" + dbtest.Empty(t)}
	plan, _, _ := verb(t, env, "migrate", "--plan")
	first, errOut, status := verb(t, env, "migrate")
	if status != exitOK || !strings.Contains(plan, "CREATE TABLE") || !strings.Contains(first, "CREATE TABLE") {
		t.Fatalf("status %d\nplan: %s\nfirst: %s%s", status, plan, first, errOut)
	}
	if !strings.Contains(plan, "-- shared/events/schema.hcl\n-- safe\nCREATE TABLE") {
		t.Errorf("the plan does not name the file of a table:\n%s", plan)
	}
	second, _, status := verb(t, env, "migrate")
	if status != exitOK || !strings.Contains(second, "nothing to do") {
		t.Errorf("status %d: %s", status, second)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args   []string
		status int
		want   string // in what is printed
	}{
		"help":            {[]string{"--help"}, exitOK, "go run ./router dev"},
		"no arguments":    {nil, exitOK, "Usage: router"},
		"help for a verb": {[]string{"migrate", "--help"}, exitOK, "router migrate --plan"},
		"no such verb":    {[]string{"fly"}, exitUsage, "Try: router --help"},
		"no such flag":    {[]string{"serve", "--fast"}, exitUsage, "--fast"},
		"no neighbour":    {[]string{"isolation", "--only", "foo"}, exitUsage, "did you mean none, panic, "},
		"misspelt":        {[]string{"isolation", "--only", "pnaic"}, exitUsage, "did you mean panic?"},
		"no such file":    {[]string{"parity", "no/such.http"}, exitUsage, "no/such.http"},
		"version":         {[]string{"version"}, exitOK, project.Name() + " "},
		"--version":       {[]string{"--version"}, exitOK, project.Name() + " "},
		"both versions":   {[]string{"version"}, exitOK, "\nframework "},
		"version as JSON": {[]string{"version", "--json"}, exitOK, `"framework": {`},
		"check":           {[]string{"check"}, exitOK, "catalog: ok"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, errOut, status := verb(t, nil, tt.args...)
			if status != tt.status || !strings.Contains(out+errOut, tt.want) {
				t.Errorf("status %d, want %d and %q in:\n%s%s", status, tt.status, tt.want, out, errOut)
			}
		})
	}
}

// A source of AWS shows where its records come from, and what becomes of them.
func TestSourcesAreListed(t *testing.T) {
	t.Parallel()
	l := list(function.Function{Name: "jobs/intake", Spec: fn.Job{From: []fn.Source{fn.SQS{Queue: "orders"}, fn.S3{Bucket: "inbox"}}}})
	want := []source{
		{Service: "SQS", Event: "aws.sqs/orders"},
		{Service: "S3", Event: "aws.s3/inbox", Filter: `event.data.eventName.startsWith("ObjectCreated:")`},
	}
	if diff := cmp.Diff(want, l.Sources); diff != "" || !slices.Equal(l.Events, []string{"aws.sqs/orders", "aws.s3/inbox"}) {
		t.Errorf("events %v, sources (-want +got):\n%s", l.Events, diff)
	}
	if e := newEventType(events.Type{Name: "aws.sqs/orders", Sources: []string{"SQS"}}); !slices.Equal(e.Outside, []string{"SQS"}) {
		t.Errorf("got %+v", e)
	}
}
