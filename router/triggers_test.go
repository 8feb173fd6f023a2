package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// machine is a caller with a key, which is anybody's who has an account.
type machine struct {
	*desk
	user, secret string
}

// machine makes an account with a key.
func (d *desk) machine(name string) machine {
	d.t.Helper()
	m := machine{desk: d.in(d.t)}
	body := fmt.Sprintf(`{"name":%q,"email":"%s@example.com","password":"correct horse battery"}`, name, name)
	resp := d.send("POST", "/api/auth/sign-up/email", strings.NewReader(body))
	defer resp.Body.Close()
	var account struct{ User struct{ ID string } }
	if err := json.NewDecoder(resp.Body).Decode(&account); err != nil || account.User.ID == "" {
		d.t.Fatalf("sign up: %d %v", resp.StatusCode, err)
	}
	for _, c := range resp.Cookies() {
		m.cookie += c.Name + "=" + c.Value + "; "
	}
	var key struct{ Secret string }
	if status := m.call("POST", "/api/keys", map[string]any{"name": "machine"}, &key); status != http.StatusCreated {
		d.t.Fatalf("make a key: %d", status)
	}
	m.user, m.secret = account.User.ID, key.Secret
	return m
}

// reply is an answer to a trigger.
type reply struct {
	status int
	IDs    []uuid.UUID
	Detail string
	Errors []struct{ Message, Location string }
}

// locations are where the parts are that are wrong.
func (r reply) locations() string {
	var all []string
	for _, e := range r.Errors {
		all = append(all, e.Location)
	}
	return strings.Join(all, " ")
}

// post sends body to path with these headers.
func (d *desk) post(path string, header map[string]string, body string) (r reply) {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := noRedirect().Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	if len(text) > 0 && json.Unmarshal(text, &r) != nil {
		d.t.Fatalf("%d %s is not JSON", resp.StatusCode, text)
	}
	r.status = resp.StatusCode
	return r
}

// publish sends a request to /api/events as a machine.
func (m machine) publish(header map[string]string, body string) reply {
	m.t.Helper()
	all := maps.Clone(header)
	all["Authorization"] = "Bearer " + m.secret
	return m.post("/api/events", all, body)
}

const fileID = "0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b"

// structured is an event as CloudEvents writes it in JSON.
func structured(id string, more string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/test","type":"file/unwanted"%s}`, id, more)
}

func TestCloudEvents(t *testing.T) {
	t.Parallel()
	d := startDesk(t, environment(t, ""))
	outbox := openOutgoing(t, d.env)
	ada := d.machine("ada")
	data := fmt.Sprintf(`{"fileId":%q}`, fileID)
	withData := `,"data":` + data
	one := map[string]string{"Content-Type": "application/cloudevents+json; charset=utf-8"}
	many := map[string]string{"Content-Type": "application/cloudevents-batch+json"}
	binary := func(id string, kv ...string) map[string]string {
		h := map[string]string{
			"Content-Type": "application/json", "ce-specversion": "1.0", "ce-id": id, "ce-source": "/test", "ce-type": "file/unwanted",
		}
		for i := 0; i < len(kv); i += 2 {
			h[kv[i]] = kv[i+1]
		}
		return h
	}
	for _, tt := range []struct {
		name   string
		header map[string]string
		body   string
		status int
		where  string // what is wrong
	}{
		{"structured", one, structured("1", withData), 202, ""},
		{"binary", binary("2"), data, 202, ""},
		{"batch", many, "[" + structured("3", withData) + "," + structured("4", withData) + "]", 202, ""},
		{"empty batch", many, "[]", 202, ""},
		{"unknown type", one, strings.Replace(structured("5", withData), "file/unwanted", "file/unwonted", 1), 422, "body.type"},
		{"closed type", one, strings.Replace(structured("5", withData), "file/unwanted", "file/deleted", 1), 422, "body.type"},
		{"closed type in binary", binary("5", "ce-type", "mail/queued"), `{}`, 422, "header.ce-type"},
		{"a webhook's type", binary("5", "ce-type", "scanner/file.infected"), data, 422, "header.ce-type"},
		{"of Inngest", binary("5", "ce-type", "inngest/function.failed"), data, 422, "header.ce-type"},
		{"no data", one, structured("5", ""), 422, "body.data"},
		{"no data in binary", binary("5"), "", 422, "body"},
		{"field of another type", one, structured("5", `,"data":{"fileId":5}`), 422, "body.data.fileId"},
		{"field of another form", binary("5"), `{"fileId":"secret"}`, 422, "body.fileId"},
		{"unknown field", one, structured("5", `,"data":{"fileId":"`+fileID+`","extra":1}`), 422, "body.data.extra"},
		{"somebody else's name", one, structured("5", `,"data":{"fileId":"`+fileID+`","senderId":"root"}`), 422, "body.data.senderId"},
		{"somebody else's name, in disguise", one, structured("5", `,"data":{"fileId":"`+fileID+`","\u017fenderid":"root"}`), 422, "body.data.\u017fenderid"},
		{"one of a batch", many, "[" + structured("5", withData) + "," + structured("6", `,"data":{}`) + "]", 422, "body[1].data"},
		{
			"all that is wrong", many, `[{},{"specversion":"0.3","id":"5","source":"%","type":"x"}]`, 422,
			"body[0].id body[0].source body[0].type body[0].specversion body[1].specversion body[1].source",
		},
		{"not JSON", binary("5"), `{"fileId":`, 400, ""},
		{"not UTF-8", one, structured("5", ",\"data\":{\"fileId\":\"\xff\"}"), 400, ""},
		{"a field twice", one, structured("5", `,"data":{"fileId":"secret","fileId":"`+fileID+`"}`), 422, "body.data.fileId"},
		{"an attribute twice", one, structured("5", `,"id":"6"`+withData), 422, "body.id"},
		{"a field twice in binary", binary("5"), `{"fileId":"secret","fileId":"` + fileID + `"}`, 422, "body.fileId"},
		{"a field in other letters", binary("5"), `{"fileId":"` + fileID + `","FILEID":"x"}`, 422, "body.FILEID"},
		{"other data", binary("5", "Content-Type", "text/plain"), data, 415, ""},
		{"another format", map[string]string{"Content-Type": "application/cloudevents+avro"}, "x", 415, ""},
		{"no attributes", map[string]string{"Content-Type": "application/json"}, data, 422, "header.ce-id header.ce-source header.ce-type header.ce-specversion"},
		{"zero byte", one, structured("5", `,"data":{"fileId":"\u0000"}`), 422, "body.data.fileId"},
		{"too many", many, "[" + strings.Repeat(structured("5", withData)+",", 500) + structured("5", withData) + "]", 413, ""},
		{"too large", binary("5"), `{"fileId":"` + strings.Repeat("x", 512<<10) + `"}`, 413, ""},
		{"over the limit", binary("5"), strings.Repeat(" ", 3<<20), 413, ""},
	} {
		got := ada.publish(tt.header, tt.body)
		if got.status != tt.status || got.locations() != tt.where || strings.Contains(fmt.Sprint(got), "secret") {
			t.Errorf("%s: got %+v, want %d at %q", tt.name, got, tt.status, tt.where)
		}
	}
	var n int
	if err := outbox.db.QueryRow(t.Context(), `SELECT count(*) FROM outbox WHERE name = 'file/unwanted'`).Scan(&n); err != nil || n != 4 {
		t.Errorf("%d events in the outbox, %v, want the 4 that were taken", n, err)
	}
	var kept string
	if err := outbox.db.QueryRow(t.Context(), `SELECT data->>'senderId' FROM outbox WHERE name = 'file/unwanted' LIMIT 1`).Scan(&kept); err != nil || kept != ada.user {
		t.Errorf("the sender is %q, %v, want %q", kept, err, ada.user)
	}
}

// The same event again is the same event, of one sender: another one has ids of
// their own, and can neither read nor prevent anything.
func TestCloudEventsAgain(t *testing.T) {
	t.Parallel()
	d := startDesk(t, environment(t, ""))
	ada, bob := d.machine("ada"), d.machine("bob")
	batch := map[string]string{"Content-Type": "application/cloudevents-batch+json"}
	data := fmt.Sprintf(`,"data":{"fileId":%q}`, fileID)
	first := ada.publish(batch, "["+structured("1", data)+","+structured("2", data)+"]")
	again := ada.publish(batch, "["+structured("2", data)+","+structured("1", data)+","+structured("3", data)+"]")
	if first.status != 202 || again.status != 202 || len(first.IDs) != 2 || len(again.IDs) != 3 ||
		first.IDs[0] != again.IDs[1] || first.IDs[1] != again.IDs[0] {
		t.Errorf("first %+v, then %+v", first, again)
	}
	other := bob.publish(batch, "["+structured("1", data)+"]")
	if other.status != 202 || other.IDs[0] == first.IDs[0] {
		t.Errorf("of another sender: %+v", other)
	}
	var n int
	if err := openOutgoing(t, d.env).db.QueryRow(t.Context(), `SELECT count(*) FROM outbox WHERE name = 'file/unwanted'`).Scan(&n); err != nil || n != 4 {
		t.Errorf("%d events, %v, want 3 and 1", n, err)
	}
	for secret, want := range map[string]int{"": 401, "wrong": 401} {
		stranger := machine{desk: d, secret: secret}
		if got := stranger.publish(batch, "[]"); got.status != want {
			t.Errorf("key %q: %+v", secret, got)
		}
	}
	person := ada.post("/api/events", map[string]string{"Cookie": ada.cookie, "Content-Type": batch["Content-Type"]}, "[]")
	if person.status != 401 {
		t.Errorf("a person without a key: %+v", person)
	}
}

const (
	oldSecret   = "whsec_b2xkIHNlY3JldCBvZiB0aGUgc2Nhbm5lciE="
	newSecret   = "whsec_bmV3IHNlY3JldCBvZiB0aGUgc2Nhbm5lciE="
	otherSecret = "whsec_c2VjcmV0IG9mIGFub3RoZXIgc291cmNlISE="
)

// signed returns the headers of a webhook that was sent at this time.
func signed(t *testing.T, secret, id, body string, at time.Time) map[string]string {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := hook.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"Content-Type": "application/json", standardwebhooks.HeaderWebhookID: id,
		standardwebhooks.HeaderWebhookTimestamp: fmt.Sprint(at.Unix()), standardwebhooks.HeaderWebhookSignature: signature,
	}
}

// asSvix returns the headers of a webhook as Svix calls them.
func asSvix(h map[string]string) map[string]string {
	renamed := map[string]string{}
	for name, value := range h {
		renamed[strings.Replace(name, "webhook-", "svix-", 1)] = value
	}
	return renamed
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	d := startDesk(t, append(environment(t, ""), "WEBHOOKS=scanner="+oldSecret+",scanner="+newSecret+",billing="+otherSecret))
	const path = "/api/webhooks/scanner"
	const twice = `{"type":"file.infected","timestamp":"2026-11-24T20:00:00Z","data":{"finding":"a","finding":"b"}}`
	body := func(kind, data string) string {
		return fmt.Sprintf(`{"type":%q,"timestamp":"2026-11-24T20:00:00Z","data":%s}`, kind, data)
	}
	found := body("file.infected", fmt.Sprintf(`{"fileId":%q,"finding":"EICAR","new":{"in":"this version"}}`, fileID))
	now := time.Now()
	without := func(name string) map[string]string {
		h := signed(t, newSecret, "9", found, now)
		delete(h, name)
		return h
	}
	with := func(name, value string) map[string]string {
		h := signed(t, newSecret, "9", found, now)
		h[name] = value
		return h
	}
	for _, tt := range []struct {
		name, path string
		header     map[string]string
		body       string
		status     int
		where      string
	}{
		{"new secret", path, signed(t, newSecret, "1", found, now), found, 202, ""},
		{"again", path, signed(t, newSecret, "1", found, now.Add(time.Minute)), found, 202, ""},
		{"from a site", path, with("Origin", "https://scanner.example"), found, 202, ""},
		{"old secret", path, signed(t, oldSecret, "2", found, now), found, 202, ""},
		{"several signatures", path, with("webhook-signature", "v1a,x v1,AAAA "+signed(t, oldSecret, "9", found, now)["webhook-signature"]), found, 202, ""},
		{"of no interest", path, signed(t, newSecret, "3", body("file.clean", `{}`), now), body("file.clean", `{}`), 204, ""},
		{"a closed type", path, signed(t, newSecret, "3", body("/file/deleted", `{}`), now), body("/file/deleted", `{}`), 204, ""},
		{"another source's secret", path, signed(t, otherSecret, "3", found, now), found, 404, ""},
		{"another source's event", "/api/webhooks/billing", signed(t, otherSecret, "3", found, now), found, 204, ""},
		{"unknown source", "/api/webhooks/nobody", signed(t, newSecret, "3", found, now), found, 404, ""},
		{"unknown source, signed with nothing", "/api/webhooks/nobody", signed(t, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "3", found, now), found, 404, ""},
		{"forged", path, with("webhook-signature", "v1,"+strings.Repeat("A", 43)+"="), found, 404, ""},
		{"tampered body", path, signed(t, newSecret, "3", found, now), found + " ", 404, ""},
		{"tampered id", path, with("webhook-id", "other"), found, 404, ""},
		{"tampered time", path, with("webhook-timestamp", fmt.Sprint(now.Unix()+1)), found, 404, ""},
		{"as Svix calls it", path, asSvix(signed(t, newSecret, "svix", found, now)), found, 202, ""},
		{"no signature", path, without("webhook-signature"), found, 422, "header.webhook-signature"},
		{"no id", path, without("webhook-id"), found, 422, "header.webhook-id"},
		{"no time", path, without("webhook-timestamp"), found, 422, "header.webhook-timestamp"},
		{"no header, no source", "/api/webhooks/nobody", map[string]string{}, found, 422, "header"},
		{"a long signature", path, with("webhook-signature", strings.Repeat("v1,AAAA ", 1000)), found, 422, "header.webhook-signature"},
		{"expired", path, signed(t, newSecret, "3", found, now.Add(-6*time.Minute)), found, 422, "header.webhook-timestamp"},
		{"of the future", path, signed(t, newSecret, "3", found, now.Add(6*time.Minute)), found, 422, "header.webhook-timestamp"},
		{"of the end of time", path, signed(t, newSecret, "3", found, time.Unix(1<<62, 0)), found, 422, "header.webhook-timestamp"},
		{"does not fit", path, signed(t, newSecret, "3", body("file.infected", `{"finding":5}`), now), body("file.infected", `{"finding":5}`), 422, "body.data body.data.finding"},
		{"not JSON", path, signed(t, newSecret, "3", "secret", now), "secret", 400, ""},
		{"a field twice", path, signed(t, newSecret, "3", twice, now), twice, 422, "body.data.finding"},
		{"no type, and nobody wants such", path, signed(t, newSecret, "3", "{}", now), "{}", 204, ""},
		{"too large", path, signed(t, newSecret, "3", found, now), found + strings.Repeat(" ", 1<<20), 413, ""},
		{"too large data", path, signed(t, newSecret, "3", body("file.infected", `"`+strings.Repeat("x", 600<<10)+`"`), now), body("file.infected", `"`+strings.Repeat("x", 600<<10)+`"`), 413, ""},
	} {
		got := d.post(tt.path, tt.header, tt.body)
		if got.status != tt.status || !strings.EqualFold(got.locations(), tt.where) {
			t.Errorf("%s: got %+v, want %d at %q", tt.name, got, tt.status, tt.where)
		}
	}
	unknown, forged := d.post("/api/webhooks/nobody", signed(t, otherSecret, "3", found, now), found), d.post(path, signed(t, otherSecret, "3", found, now), found)
	if diff := cmp.Diff(unknown.Detail, forged.Detail); diff != "" {
		t.Errorf("the answer tells whether there is such a source: %s", diff)
	}
	var n int
	if err := openOutgoing(t, d.env).db.QueryRow(t.Context(), `SELECT count(*) FROM outbox WHERE name = 'scanner/file.infected'`).Scan(&n); err != nil || n != 4 {
		t.Errorf("%d events, %v, want 4: two came twice", n, err)
	}
	if log := d.log.String(); strings.Contains(log, "whsec_") || strings.Contains(log, "EICAR") {
		t.Error("the log shows a secret or what was sent")
	}
}

// Webhooks of GitHub and Stripe are known by the id that each has in its own place, and
// their body is the event.
func TestWebhookFormats(t *testing.T) {
	t.Parallel()
	const secret = "whsec_0123456789abcdefghijklmnopqrstuv"
	mac := func(text string) string {
		h := hmac.New(sha256.New, []byte(secret))
		_, _ = io.WriteString(h, text)
		return hex.EncodeToString(h.Sum(nil))
	}
	gitHub := func(id, body string) map[string]string {
		return map[string]string{"Content-Type": "application/json", "X-GitHub-Delivery": id, "X-GitHub-Event": "file", "X-Hub-Signature-256": "sha256=" + mac(body)}
	}
	stripe := func(_, body string) map[string]string {
		now := fmt.Sprint(time.Now().Unix())
		return map[string]string{"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": "t=" + now + ",v1=" + mac(now+"."+body)}
	}
	for format, tt := range map[string]struct {
		sign func(id, body string) map[string]string
		body string
	}{
		"github": {gitHub, `{"action":"infected","fileId":%q,"finding":"%s"}`},
		"stripe": {stripe, `{"id":%[2]q,"type":"file.infected","created":1795550400,"fileId":%[1]q,"data":{"object":{}}}`},
	} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			d := startDesk(t, append(environment(t, ""), "WEBHOOKS=scanner="+format+":"+secret))
			for _, id := range []string{"a", "b", "a"} {
				body := fmt.Sprintf(tt.body, fileID, id)
				if got := d.post("/api/webhooks/scanner", tt.sign(id, body), body); got.status != http.StatusAccepted {
					t.Errorf("%s: %+v", id, got)
				}
				if got := d.post("/api/webhooks/scanner", tt.sign(id, body+" "), body); got.status != http.StatusNotFound {
					t.Errorf("%s, forged: %+v", id, got)
				}
			}
			var n int
			var file string
			err := openOutgoing(t, d.env).db.QueryRow(t.Context(), `SELECT count(*), min(data->>'fileId') FROM outbox WHERE name = 'scanner/file.infected'`).Scan(&n, &file)
			if err != nil || n != 2 || file != fileID {
				t.Errorf("%d events of %s, %v, want 2: one came twice", n, file, err)
			}
			if log := d.log.String(); strings.Contains(log, secret) {
				t.Error("the log shows the secret")
			}
		})
	}
}

// From outside to the end: what a machine and a scanner say has its effect.
func TestTriggersTakeEffect(t *testing.T) {
	t.Parallel()
	d := startDesk(t, append(environment(t, startInngest(t)), "WEBHOOKS=scanner="+newSecret))
	ada, bob := d.machine("ada"), d.machine("bob")
	unwanted, infected := ada.upload("unwanted.txt", "text/plain", []byte("a")), ada.upload("infected.txt", "text/plain", []byte("b"))
	kept := ada.upload("kept.txt", "text/plain", []byte("c"))
	one := map[string]string{"Content-Type": "application/cloudevents+json"}
	say := func(id string) string { return fmt.Sprintf(`,"data":{"fileId":%q}`, id) }
	if got := bob.publish(one, structured("1", say(kept.ID))); got.status != 202 {
		t.Errorf("bob: %+v", got)
	}
	if got := ada.publish(one, structured("1", say(unwanted.ID))); got.status != 202 {
		t.Errorf("ada: %+v", got)
	}
	body := fmt.Sprintf(`{"type":"file.infected","timestamp":"2026-11-24T20:00:00Z","data":{"fileId":%q}}`, infected.ID)
	if got := d.post("/api/webhooks/scanner", signed(t, newSecret, "1", body, time.Now()), body); got.status != 202 {
		t.Errorf("scanner: %+v", got)
	}
	for _, id := range []string{unwanted.ID, infected.ID} {
		eventually(t, "the file is deleted", func() bool { return ada.call("GET", "/api/files/"+id, nil, nil) == http.StatusNotFound })
	}
	if status := ada.call("GET", "/api/files/"+kept.ID, nil, nil); status != http.StatusOK {
		t.Errorf("bob could delete ada's file: %d", status)
	}
}
