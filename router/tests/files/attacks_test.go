package files_test

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/await"
	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
	"switchyard/shared/fn"
)

// TestAttacks is what somebody else does who has an account too, a link, or neither.
func TestAttacks(t *testing.T) {
	t.Parallel()
	nobody := routertest.Start(t, catalog.Program(), routertest.Environment(t, routertest.StartInngest(t)))
	ada := desk{nobody.SignUp()}
	bob, _ := nobody.SignUpAs("bob")
	for _, one := range []struct { //nolint:paralleltest // after the last one nobody is heard any more
		name string
		test func(ada, bob, nobody desk)
	}{
		{"what is somebody else's", othersFiles},
		{"somebody else's topic", othersTopic},
		{"scripts", scripts},
		{"a link's secrets", secrets},
		{"guessing links", guesses}, // the last, since it is refused then
	} {
		t.Run(one.name, func(t *testing.T) {
			one.test(desk{ada.In(t)}, desk{bob.In(t)}, desk{nobody.In(t)})
		})
	}
}

// text returns the status, the body and the headers of the answer to a request with a form, or
// with an empty object for the API.
func (d desk) text(method, path, form string, headers ...string) (status int, body string, header http.Header) {
	d.T.Helper()
	if method == http.MethodPost {
		headers = append(headers, "Content-Type: application/x-www-form-urlencoded")
		if strings.HasPrefix(path, "/api/") {
			form, headers[len(headers)-1] = "{}", "Content-Type: application/json"
		}
	}
	resp := d.Ask(method, path, form, headers...)
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		d.T.Fatalf("%s %s: %v", method, path, err)
	}
	return resp.StatusCode, string(b), resp.Header
}

// share makes a link to a file and returns its token.
func (d desk) share(id string, body any) (token string) {
	d.T.Helper()
	var made struct{ URL string }
	if status := d.Call(http.MethodPost, "/api/files/"+id+"/shares", body, &made); status != http.StatusCreated {
		d.T.Fatalf("share %s: status %d", id, status)
	}
	return path.Base(made.URL)
}

// state returns all that the desk's user sees of the file, as the API tells it.
func (d desk) state(id string) string {
	d.T.Helper()
	_, about, _ := d.text(http.MethodGet, "/api/files/"+id, "")
	_, shares, _ := d.text(http.MethodGet, "/api/files/"+id+"/shares", "")
	return about + shares
}

// othersFiles calls every route of the desk with an id in it, for files and links that are
// somebody else's: of those that will be made, too.
func othersFiles(ada, bob, nobody desk) {
	t := ada.T
	const name, missing = "secret-plan.txt", "01890000-0000-7000-8000-000000000000"
	ready := ada.settled(ada.upload(name, "text/plain", []byte("x")).ID)
	ada.share(ready.ID, map[string]any{})
	var list struct{ Shares []struct{ ID string } }
	if ada.Call(http.MethodGet, "/api/files/"+ready.ID+"/shares", nil, &list); len(list.Shares) != 1 {
		t.Fatalf("Ada has the links %+v", list.Shares)
	}
	waiting, send := ada.register(name, 3, "text/plain")
	if status := send([]byte("abc")); status != http.StatusOK {
		t.Fatalf("upload: status %d", status)
	}
	own, called := bob.settled(bob.upload("own", "text/plain", []byte("x")).ID), 0
	for _, id := range []string{ready.ID, waiting.ID, own.ID} {
		if id == own.ID && bob.Call(http.MethodGet, "/api/files/"+id, nil, nil) != http.StatusOK {
			t.Error("Bob does not see his own file")
		}
		before := ada.state(ready.ID) + ada.state(waiting.ID)
		for _, f := range catalog.Program().Functions {
			method, route, _ := strings.Cut(f.Info().Route, " ")
			if !strings.Contains(f.Name, "/files/") || f.Info().Access != fn.SignedIn || !strings.Contains(f.Info().Route, "{id}") {
				continue
			}
			methods := []string{method}
			if route == "" {
				methods, route = []string{http.MethodGet, http.MethodPost}, method
			}
			if id == own.ID && !strings.Contains(route, "{shareId}") {
				continue // the id of a link is Ada's, that of its file is not
			}
			address := strings.NewReplacer("{id}", id, "{shareId}", list.Shares[0].ID).Replace(route)
			unknown := strings.NewReplacer("{id}", missing, "{shareId}", missing).Replace(route)
			address, unknown = anything.ReplaceAllString(address, "1"), anything.ReplaceAllString(unknown, "1")
			for _, method := range methods {
				called++
				status, body, header := bob.text(method, address, "name=stolen")
				none, _, away := bob.text(method, unknown, "name=stolen")
				led := strings.ReplaceAll(header.Get("Location"), id, missing)
				if status != none || led != away.Get("Location") || status < 300 || strings.Contains(body, name) {
					t.Errorf("%s %s: Bob has %d %q, but %d %q if there is no such thing: %s", method, route, status, led, none, away.Get("Location"), body)
				}
				status, _, header = nobody.text(method, address, "name=stolen")
				if status != http.StatusUnauthorized && !strings.HasPrefix(header.Get("Location"), "/sign-in") {
					t.Errorf("%s %s: nobody has %d %s", method, route, status, header.Get("Location"))
				}
			}
		}
		if diff := cmp.Diff(before, ada.state(ready.ID)+ada.state(waiting.ID)); diff != "" {
			t.Errorf("what is Ada's has changed: %s", diff)
		}
	}
	if called < 20 {
		t.Errorf("only %d routes were called", called)
	}
	for _, path := range []string{"/", "/?q=secret", "/?view=grid", "/api/files"} {
		if _, body, _ := bob.text(http.MethodGet, path, ""); strings.Contains(body, ready.ID) || strings.Contains(body, name) {
			t.Errorf("%s shows Bob what is Ada's", path)
		}
	}
}

// anything is a parameter of a route.
var anything = regexp.MustCompile(`\{[^}]*\}`)

// othersTopic has Bob listen with all that Ada's page says of her stream. The first message that
// he has is of his own file, which is made after hers.
func othersTopic(ada, bob, nobody desk) {
	t := ada.T
	if routertest.OnLambda() {
		t.Skip("there are no streams on AWS Lambda")
	}
	var account struct{ User struct{ ID string } }
	ada.Call(http.MethodGet, "/api/auth/get-session", nil, &account)
	if account.User.ID == "" {
		t.Fatal("who is Ada?")
	}
	ada.Ask(http.MethodGet, "/live", "") // so that there is somebody to read for
	var position []string
	await.That(t, "Ada's page names a place in her stream", func() bool {
		_, page, _ := ada.text(http.MethodGet, "/", "")
		position = regexp.MustCompile(`name="live" content="/live\?last=([^"]+)"`).FindStringSubmatch(page)
		return position != nil
	})
	last, err := url.QueryUnescape(position[1])
	if err != nil {
		t.Fatal(err)
	}
	query := "last=" + position[1] + "&topic=user:" + account.User.ID + "&user=" + account.User.ID
	hers := ada.upload("hers", "text/plain", nil)
	stream := bob.Ask(http.MethodGet, "/live?"+query, "", "Last-Event-ID: "+last)
	ada.register("hers, too", 1, "")
	his, _ := bob.register("his", 1, "")
	lines := bufio.NewScanner(stream.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || !strings.Contains(data, `"id"`) {
			continue
		}
		if !strings.Contains(data, his.ID) || strings.Contains(data, hers.ID) {
			t.Errorf("Bob is told %s", data)
		}
		break
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
	if status, _, header := nobody.text(http.MethodGet, "/live?"+query, ""); status == http.StatusOK {
		t.Errorf("nobody has a stream: %v", header)
	}
}
