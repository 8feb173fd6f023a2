package elsewhere_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/router/internal/emulate"
	"switchyard/router/internal/lambda/lambdatest"
	"switchyard/router/internal/parity"
	"switchyard/router/internal/routertest"
)

// TestLambdaTakesSamples gives the real program all events that aws-lambda-go tests its
// types with: requests are answered, records are in the outbox, and the rest fails
// without harm to the process.
func TestLambdaTakesSamples(t *testing.T) {
	t.Parallel()
	program, err := parity.Build(t.Context(), routertest.Root(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	env := append(routertest.Environment(t, ""), "LAMBDA_BASE_PATH=/v1")
	l, err := emulate.Start(t.Context(), emulate.Options{Bootstrap: program, Env: env, Environments: 1, Freeze: true, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Stop() })
	outcomes := map[string]int{}
	for name, payload := range lambdatest.Samples(t) {
		if !json.Valid(payload) { // Lambda takes nothing else
			continue
		}
		r, err := l.Invoke(t.Context(), payload)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := outcome(t, name, r)
		if want := outcomeOf(name); got != want {
			t.Errorf("%s: %s, want %s: %s", name, got, want, r.Payload)
		}
		outcomes[got]++
	}
	takesRest(t, l)
	for _, k := range emulate.Kinds() {
		if k.Streams() { // which this program was not told
			continue
		}
		for _, path := range []string{"/v1/livez", "/livez"} {
			w := httptest.NewRecorder()
			l.Front(k).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			if w.Code != http.StatusOK {
				t.Errorf("%s behind %s: %d %s", path, k, w.Code, w.Body)
			}
		}
	}
	if l.Starts() != 1 {
		t.Errorf("the program was started %d times, want once", l.Starts())
	}
	if outcomes["answered"] < 8 || outcomes["taken"] < 25 || outcomes["refused"] < 30 {
		t.Errorf("too few of something: %v", outcomes)
	}
	conn, err := pgx.Connect(t.Context(), routertest.ValueOf(env, "DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var sources int
	err = conn.QueryRow(t.Context(), `SELECT count(DISTINCT split_part(name, '/', 1)) FROM outbox WHERE name LIKE 'aws.%'`).Scan(&sources)
	if err != nil || sources != 6 {
		t.Errorf("events of %d sources are in the outbox, want of 6: %v", sources, err)
	}
	var rest int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM outbox WHERE name = 'aws.kinesis/rest'`).Scan(&rest); err != nil || rest != 2 {
		t.Errorf("%d records around one that is too large are in the outbox, want 2: %v", rest, err)
	}
}

// takesRest gives l a batch of a stream with a record that can never be an event. It alone
// is to be named, though Lambda will send those after it again.
func takesRest(t *testing.T, l *emulate.Lambda) {
	t.Helper()
	var records []string
	for i, size := range []int{10, 450_000, 20} {
		records = append(records, fmt.Sprintf(`{"eventID":"s:%[1]d","eventSource":"aws:kinesis","eventSourceARN":"arn:aws:kinesis:us-east-1:1:stream/rest",`+
			`"kinesis":{"partitionKey":"p","sequenceNumber":"%[1]d","data":%[2]q}}`, i, base64.StdEncoding.EncodeToString(make([]byte, size))))
	}
	for range 2 {
		r, err := l.Invoke(t.Context(), []byte(`{"Records":[`+strings.Join(records, ",")+`]}`))
		if want := `{"batchItemFailures":[{"itemIdentifier":"1"}]}`; err != nil || string(r.Payload) != want {
			t.Errorf("answered %s, %v, want %s", r.Payload, err, want)
		}
	}
}

// outcome says what came of an event.
func outcome(t *testing.T, name string, r emulate.Result) string {
	t.Helper()
	if r.Error != nil {
		if r.Error.Type != "UnknownEventError" || !strings.Contains(r.Error.Message, "keys") {
			return "failed as " + r.Error.Type
		}
		return "refused"
	}
	var reply struct {
		StatusCode int
		Failures   []any `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(r.Payload, &reply); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	switch {
	case reply.StatusCode != 0:
		return "answered"
	case len(reply.Failures) > 0:
		return "failed in part"
	}
	return "taken"
}

// outcomeOf says what is to come of the event in a file.
func outcomeOf(file string) string {
	begins := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(file, p) {
				return true
			}
		}
		return false
	}
	switch {
	case strings.Contains(file, "-response") || strings.Contains(file, "authorizer-v") || begins("apigw-custom", "apigw-websocket", "s3-object", "s3-batch", "kinesis-firehose", "kinesis-analytics"):
		return "refused"
	case begins("apigw-", "alb-", "lambda-urls-"):
		return "answered"
	case begins("sqs-", "sns-", "s3-", "kinesis-", "dynamodb-", "autoscaling-", "codebuild-", "codedeploy-", "codepipeline-", "ecr-", "ecs-", "cloudwatch-alarm-"):
		if file == "codepipeline-job-event.json" {
			return "refused"
		}
		return "taken"
	}
	return "refused"
}
