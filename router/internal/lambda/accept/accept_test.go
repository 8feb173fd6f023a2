package accept_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	aws "github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"switchyard/internal/await"
	"switchyard/internal/stack"
	"switchyard/router/internal/durable"
	"switchyard/router/internal/durable/registration"
	"switchyard/router/internal/function"
	"switchyard/router/internal/job"
	"switchyard/router/internal/lambda"
	"switchyard/router/internal/lambda/accept"
	"switchyard/router/internal/lambda/record"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/db/dbtest"
	"switchyard/shared/events"
	"switchyard/shared/events/ledger"
	"switchyard/shared/fault"
	"switchyard/shared/fn"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// diary is what jobs have done, in order, by what belongs together.
type diary struct {
	mu      sync.Mutex
	entries map[string][]string
}

func (d *diary) write(page, entry string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries[page] = append(d.entries[page], entry)
}

func (d *diary) read() map[string][]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := map[string][]string{}
	for page, entries := range d.entries {
		all[page] = append([]string(nil), entries...)
	}
	return all
}

// task is a job that writes into a diary.
type task[I any] func(ctx context.Context, in *I) error

func (f task[I]) Handle(ctx context.Context, in *I) (*struct{}, error) { return nil, f(ctx, in) }

func newJob[I any](name string, spec fn.Job, f task[I]) function.Function {
	return function.Function{Name: name, Spec: spec, Bind: func() any { return job.New(f) }}
}

// jobs take a message queue, some of a bucket's objects, and some events of a bus.
func jobs(d *diary) []function.Function {
	order := newJob("jobs/order", fn.Job{From: []fn.Source{fn.SQS{Queue: "orders.fifo"}}}, func(_ context.Context, in *aws.SQSMessage) error {
		n, err := strconv.Atoi(in.Body)
		time.Sleep(time.Duration(5-n) * 50 * time.Millisecond) // the first would end last
		d.write("group "+in.Attributes["MessageGroupId"], in.Body)
		return err
	})
	picture := newJob("jobs/picture", fn.Job{From: []fn.Source{
		fn.S3{Bucket: "inbox", Suffix: ".jpg"},
		fn.S3{Bucket: "inbox", Prefix: "scans/", Events: []string{"ObjectCreated:Put", "ObjectRemoved:*"}},
	}}, func(_ context.Context, in *aws.S3EventRecord) error {
		d.write("inbox "+in.S3.Object.URLDecodedKey, in.EventName)
		return nil
	})
	placed := newJob("jobs/placed", fn.Job{From: []fn.Source{fn.EventBridge{
		Source: "shop", DetailType: "Order Placed", Detail: map[string][]string{"by.sent-as": {"post", "ship"}, "state": {"ok"}},
	}}, If: "event.data.detail.n > 1"}, func(_ context.Context, in *aws.EventBridgeEvent) error {
		d.write("placed", in.ID)
		return nil
	})
	return []function.Function{order, picture, placed}
}

// site is what serves jobs with a real Inngest server and a real outbox.
type site struct {
	bus     *events.Bus
	ledger  *ledger.Ledger
	handler http.Handler
}

// start starts a site, which Inngest calls through around.
func start(t *testing.T, d *db.DB, functions []function.Function, around func(s site, w http.ResponseWriter, r *http.Request)) site {
	t.Helper()
	server, err := stack.StartInngest(t.Context(), stack.Options{Dir: t.TempDir(), Progress: func(line string) { t.Log(line) }})
	must(t, err)
	t.Cleanup(func() { _ = server.Stop() }) // whether it ends in time is tested by package stack
	var c config.Jobs
	must(t, c.Dev.UnmarshalText([]byte(server.URL)))
	c.ResendAfter = 2 * time.Second
	bus, err := events.Open(t.Context(), config.Events{Inngest: c.Inngest}, d)
	must(t, err)
	t.Cleanup(func() { must(t, bus.Close()) })

	app := httptest.NewUnstartedServer(nil)
	s := site{bus: bus, ledger: ledger.New(d)}
	host, err := durable.New(durable.Config{
		Functions: functions, Jobs: c, Origin: "http://" + app.Listener.Addr().String(), Ledger: s.ledger, Logger: testLog(t),
	})
	must(t, err)
	s.handler = host.Handler()
	app.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { around(s, w, r) })
	app.Start()
	t.Cleanup(app.Close)
	must(t, registration.New(host, c, testLog(t)).Register(t.Context()))
	must(t, d.InTx(t.Context(), func(tx pgx.Tx) error { return ledger.Listen(t.Context(), tx, host.Listeners()) }))
	return s
}

// relay runs the site's relay until the test ends.
func (s site) relay(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.bus.Relay(ctx, testLog(t)) }()
	t.Cleanup(func() {
		stop()
		must(t, <-ended)
	})
}

func testLog(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

// outbox returns how many events are not done.
func outbox(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	must(t, d.QueryRow(t.Context(), `SELECT count(*) FROM outbox`).Scan(&n))
	return n
}

// deliver handles the payloads as Lambda hands them over.
func deliver(t *testing.T, publish record.Publisher, payloads ...string) {
	t.Helper()
	for _, payload := range payloads {
		response, ok, err := record.Handle(t.Context(), []byte(payload), publish)
		if !ok || err != nil || strings.Contains(string(response), "itemIdentifier") {
			t.Fatalf("%s: answered %s, %t, %v", payload, response, ok, err)
		}
	}
}

// empties waits until all events are done.
func empties(t *testing.T, d *db.DB, done *diary) {
	t.Helper()
	for deadline := time.Now().Add(await.Patience); outbox(t, d) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d events are not done; the jobs did %v", outbox(t, d), done.read())
		}
	}
}

// What AWS delivers, and delivers again, has its effect once, and in the order of its
// group.
func TestRecordsReachJobs(t *testing.T) {
	t.Parallel()
	d, done := dbtest.New(t), &diary{entries: map[string][]string{}}
	s := start(t, d, jobs(done), func(s site, w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) })
	s.relay(t)
	publish := accept.Into(s.bus)
	payloads := []string{
		batch(message("a", 1), message("b", 1), message("a", 2), message("a", 3)),
		batch(message("b", 2), message("a", 4), message("b", 3)),
		batch(object("ObjectCreated:Put", "a+b.jpg"), object("ObjectCreated:Copy", "a.txt"), object("ObjectRemoved:Delete", "a.jpg")),
		batch(object("ObjectRemoved:Delete", "scans/a.txt"), object("ObjectCreated:Put", "scans/b.jpg"), object("ObjectCreated:Copy", "scans/c.txt")),
		placed("1", 2, "post"), placed("2", 1, "post"), placed("3", 2, "car"), placed("4", 3, "ship"),
		strings.Replace(placed("5", 3, "ship"), "by", "from", 1), strings.Replace(placed("6", 3, "ship"), "ok", "no", 1),
	}
	deliver(t, publish, payloads...)
	deliver(t, publish, payloads...)
	empties(t, d, done)
	if deliver(t, publish, payloads...); outbox(t, d) > 0 {
		t.Errorf("%d events have come to life again", outbox(t, d))
	}
	got := done.read()
	for id := range got["placed"] {
		got["placed "+got["placed"][id]] = nil
	}
	delete(got, "placed")
	want := map[string][]string{
		"group a": {"1", "2", "3", "4"}, "group b": {"1", "2", "3"},
		"inbox a b.jpg": {"ObjectCreated:Put"}, "inbox scans/a.txt": {"ObjectRemoved:Delete"}, "inbox scans/b.jpg": {"ObjectCreated:Put"},
		"placed 1": nil, "placed 4": nil,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the jobs did (-want +got):\n%s", diff)
	}
}

// On Lambda nobody looks in the background: what publishes, and what runs, sends what is
// to come next before it answers.
func TestOrderWithoutARelay(t *testing.T) {
	t.Parallel()
	d, done := dbtest.New(t), &diary{entries: map[string][]string{}}
	s := start(t, d, jobs(done), func(s site, w http.ResponseWriter, r *http.Request) {
		flush := s.bus.TrackRuns(s.ledger)
		answer := httptest.NewRecorder()
		s.handler.ServeHTTP(answer, r)
		if err := flush(r.Context()); err != nil {
			t.Error(err)
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = answer.Body.WriteTo(w)
	})
	host := lambda.New(lambda.Config{
		Publish: accept.Into(s.bus), Logger: testLog(t), Track: []func() func(context.Context) error{s.bus.Track},
	})
	for _, payload := range []string{
		batch(message("a", 1), message("b", 1), message("a", 2), message("a", 3)),
		batch(message("b", 2), message("a", 4), message("b", 3)),
	} {
		if reply, err := host.Invoke(t.Context(), []byte(payload)); err != nil || string(reply) != `{"batchItemFailures":[]}` {
			t.Fatalf("answered %s, %v", reply, err)
		}
	}
	empties(t, d, done)
	want := map[string][]string{"group a": {"1", "2", "3", "4"}, "group b": {"1", "2", "3"}}
	if diff := cmp.Diff(want, done.read()); diff != "" {
		t.Errorf("what the jobs did (-want +got):\n%s", diff)
	}
}

// A record that can never be taken is named, and holds up no others.
func TestPoison(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	bus, err := events.Open(t.Context(), config.Events{}, d)
	must(t, err)
	var told []error
	ctx := fn.WithReport(t.Context(), func(err error) { told = append(told, err) })
	payload := strings.ReplaceAll(batch(message("a", 1), message("b", 2), message("a", 3)), "orders.fifo", "orders")
	payload = strings.Replace(payload, `"body":"2"`, `"body":"\ud800"`, 1)
	response, ok, err := record.Handle(ctx, []byte(payload), accept.Into(bus))
	want := `{"batchItemFailures":[{"itemIdentifier":"b-2"}]}`
	if !ok || err != nil || string(response) != want {
		t.Errorf("answered %s, %t, %v, want %s", response, ok, err, want)
	}
	if len(told) != 1 || !fault.Is(told[0], fault.Invalid) {
		t.Errorf("told %v", told)
	}
	if n := outbox(t, d); n != 2 {
		t.Errorf("%d events in the outbox, want 2", n)
	}
	must(t, bus.Close())
}

func batch(records ...string) string { return `{"Records":[` + strings.Join(records, ",") + `]}` }

func message(group string, n int) string {
	return fmt.Sprintf(`{"messageId":"%[1]s-%[2]d","receiptHandle":"r","body":"%[2]d","attributes":{"SentTimestamp":"1700000000000",`+
		`"MessageGroupId":"%[1]s"},"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:123456789012:orders.fifo","awsRegion":"us-east-1"}`, group, n)
}

func object(event, key string) string {
	return fmt.Sprintf(`{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2024-01-02T03:04:05.678Z","eventName":%q,`+
		`"s3":{"s3SchemaVersion":"1.0","bucket":{"name":"inbox","arn":"arn:aws:s3:::inbox"},"object":{"key":%q,"size":1,"sequencer":"0055AED6DCD90281E5"}}}`, event, key)
}

func placed(id string, n int, by string) string {
	return fmt.Sprintf(`{"version":"0","id":%q,"detail-type":"Order Placed","source":"shop","account":"123456789012","time":"2024-01-02T03:04:05Z",`+
		`"region":"us-east-1","resources":[],"detail":{"n":%d,"state":"ok","by":{"sent-as":%q}}}`, id, n, by)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
