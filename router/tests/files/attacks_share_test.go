package files_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"switchyard/internal/await"
)

// requestID is that of a page about something that went wrong.
var requestID = regexp.MustCompile(`<code>[^<]*</code>`)

// secrets uses a link in all ways that are wrong, and right: neither the log nor another site
// learns the token, the password, or what stands for it.
func secrets(ada, _, nobody desk) {
	t := ada.T
	const password = "Correct-Horse-77"
	f := ada.settled(ada.upload("secret name.txt", "text/plain", []byte("hello")).ID)
	token := ada.share(f.ID, map[string]any{"password": password})
	page := "/s/" + token
	for _, one := range [][3]string{
		{"GET", page, ""},
		{"HEAD", page, ""},
		{"PUT", page, ""},
		{"DELETE", page, ""},
		{"POST", page, "password=wrong"},
		{"GET", page + "/", ""},
		{"GET", page + "/x", ""},
		{"GET", "//s/" + token, ""},
		{"GET", "/s//" + token, ""},
		{"GET", "/s/./" + token, ""},
		{"GET", "/S/" + token, ""},
		{"GET", "/" + token, ""},
		{"GET", "/s/?token=" + token, ""},
		{"GET", page + "?x=" + token, ""},
		{"GET", "/s/" + token[:42], ""},
		{"POST", page, strings.Repeat("x", 1<<20)},
		{"POST", page, "%zz"},
		{"POST", page, "password=%00"},
		{"GET", "/files/" + token, ""},
		{"GET", "/api/files/" + token, ""},
	} {
		status, body, header := nobody.text(one[0], one[1], one[2], "Referer: "+nobody.URL+page)
		if strings.Contains(body, "secret name") || header.Get("Location") != "" && !strings.HasPrefix(header.Get("Location"), "/s/") {
			if !strings.HasPrefix(header.Get("Location"), "/sign-in") {
				t.Errorf("%v answers %d %v", one, status, header)
			}
		}
		if status == http.StatusOK && (header.Get("Referrer-Policy") != "no-referrer" || header.Get("X-Robots-Tag") == "" || !strings.Contains(header.Get("Cache-Control"), "no-store")) {
			t.Errorf("%v: %v", one, header)
		}
	}
	_, opened, header := nobody.text(http.MethodPost, page, "password="+password, "Origin: null")
	ticket := regexp.MustCompile(`name="ticket" value="([^"]+)"`).FindStringSubmatch(opened)
	if ticket == nil || header.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(header.Get("Cache-Control"), "no-store") {
		t.Fatalf("the password does not open it: %v %s", header, opened)
	}
	_, _, header = nobody.text(http.MethodPost, page, url.Values{"ticket": {ticket[1]}, "action": {"download"}}.Encode())
	address, err := url.Parse(header.Get("Location"))
	if err != nil || address.Query().Get("X-Amz-Signature") == "" || header.Get("Referrer-Policy") != "no-referrer" {
		t.Fatalf("download: %v, %v", header, err)
	}
	if seconds := address.Query().Get("X-Amz-Expires"); seconds != "300" {
		t.Errorf("the address works for %s s", seconds)
	}
	nobody.text(http.MethodGet, "/sign-in", "", "X-Request-Id: the-last-one")
	await.That(t, "the log has the last request", func() bool { return strings.Contains(nobody.Log.String(), "the-last-one") })
	log := nobody.Log.String()
	for name, secret := range map[string]string{
		"token": token[:40], "password": password, "ticket": ticket[1], "signature": address.Query().Get("X-Amz-Signature"),
	} {
		if at := strings.Index(log, secret); at >= 0 {
			t.Errorf("the log has the %s: %s", name, log[max(0, at-300):min(len(log), at+100)])
		}
	}
}

// guesses tries tokens that are nearly right. They are all alike, and after some nobody is heard
// any more, not even with the right one.
func guesses(ada, _, nobody desk) {
	t := ada.T
	f := ada.settled(ada.upload("a.txt", "text/plain", []byte("hello")).ID)
	token := ada.share(f.ID, map[string]any{})
	gone := ada.share(f.ID, map[string]any{})
	var list struct{ Shares []struct{ ID string } }
	ada.Call(http.MethodGet, "/api/files/"+f.ID+"/shares", nil, &list)
	if status := ada.Call(http.MethodDelete, "/api/files/"+f.ID+"/shares/"+list.Shares[1].ID, nil, nil); status != http.StatusNoContent {
		t.Fatalf("revoke: status %d", status)
	}
	tries := []string{gone, token[:42], token + "A", token[1:] + token[:1], swap(token), strings.Repeat("A", 43), "x", token + "="}
	var first string
	refused := false
	for i := 0; i < 100 || !refused; i++ { // more, if they come so slowly that they may
		status, body, header := nobody.text(http.MethodGet, "/s/"+tries[i%len(tries)], "")
		if status == http.StatusTooManyRequests {
			refused = true
			if header.Get("Retry-After") == "" {
				t.Errorf("when to come again is not said: %v", header)
			}
			continue
		}
		if body = requestID.ReplaceAllString(body, ""); first == "" {
			first = body
		}
		if status != http.StatusNotFound || body != first || header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %d, told apart from others: %s", tries[i%len(tries)], status, body)
		}
	}
	await.That(t, "nobody is heard any more, not even with the right one", func() bool { // every second one more may be
		wrong, _, _ := nobody.text(http.MethodGet, "/s/"+gone, "")
		right, _, _ := nobody.text(http.MethodGet, "/s/"+token, "")
		return wrong == http.StatusTooManyRequests && right == http.StatusTooManyRequests
	})
}

// swap changes the first letter of a token to its like in the other case, and what is no letter
// to one.
func swap(token string) string {
	first := token[0] ^ 0x20
	if first < 'A' || first > 'z' { // that of "_" is a control character, which no URL has
		first = 'B'
	}
	return string(first) + token[1:]
}
