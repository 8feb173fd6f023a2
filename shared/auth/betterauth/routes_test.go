package betterauth_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// tokens returns the sessions that a list answers.
func (a answer) tokens(t *testing.T) []string {
	t.Helper()
	var list []struct{ Token string }
	if err := json.Unmarshal([]byte(a.body), &list); err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	var tokens []string
	for _, s := range list {
		tokens = append(tokens, s.Token)
	}
	return tokens
}

// stranger adds a session of somebody else.
func (s *server) stranger(token string) {
	s.exec(`INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('eve', 'Eve', 'eve@example.com', true)`)
	s.session(token, 0)
	s.exec(`UPDATE session SET "userId" = 'eve' WHERE token = $1`, token)
}

// submit sends a request as a page of ours does.
func (s *server) submit(path, body, cookie string) answer {
	return s.send("POST", "/api/auth"+path, body, "Cookie", cookie, "Origin", shop)
}

func TestListSessions(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	cookie := s.session("mine", time.Hour)
	s.session("older", 3*day)
	s.session("expired", 8*day)
	s.stranger("eve's")
	got := s.send("GET", "/api/auth/list-sessions", "", "Cookie", cookie).tokens(t)
	if len(got) != 2 || got[0] != "older" || got[1] != "mine" {
		t.Errorf("the sessions are %q", got)
	}
}

func TestRevokeSession(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	cookie := s.session("mine", 0)
	s.session("other", 0)
	s.stranger("eve's")
	for _, test := range []struct {
		token   string
		ended   bool
		cleared bool
	}{{"unknown", true, false}, {"eve's", false, false}, {"other", true, false}, {"mine", true, true}} {
		a := s.submit("/revoke-session", `{"token":"`+test.token+`"}`, cookie)
		if a.StatusCode != http.StatusOK || a.body != `{"status":true}` || a.wasCleared() != test.cleared {
			t.Errorf("%s: %d %q %s", test.token, a.StatusCode, a.Header["Set-Cookie"], a.body)
		}
		if _, lives := s.expiry(test.token); lives == test.ended {
			t.Errorf("%s lives: %v", test.token, lives)
		}
	}
	if a := s.submit("/revoke-session", `{"token":"mine"}`, cookie); a.code() != "UNAUTHORIZED" {
		t.Errorf("a revoked session revokes: %d %s", a.StatusCode, a.body)
	}
}

func TestRevokeSessions(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	cookie := s.session("mine", 0)
	s.session("other", 0)
	s.stranger("eve's")
	a := s.submit("/revoke-other-sessions", "", cookie)
	_, mine := s.expiry("mine")
	_, other := s.expiry("other")
	if a.body != `{"status":true}` || a.Header["Set-Cookie"] != nil || !mine || other {
		t.Errorf("the others: %q %s, mine lives: %v, the other: %v", a.Header["Set-Cookie"], a.body, mine, other)
	}
	a = s.submit("/revoke-sessions", "{}", cookie)
	_, mine = s.expiry("mine")
	if a.body != `{"status":true}` || !a.wasCleared() || mine {
		t.Errorf("all: %q %s, mine lives: %v", a.Header["Set-Cookie"], a.body, mine)
	}
	if _, lives := s.expiry("eve's"); !lives {
		t.Error("somebody else's session has ended")
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	cookie := s.session("mine", 0)
	for _, cookies := range []string{cookie, cookie, "a=b", tokenCookie + "=forged"} {
		a := s.submit("/sign-out", `{}`, cookies)
		if a.StatusCode != http.StatusOK || a.body != `{"success":true}` || !a.wasCleared() {
			t.Errorf("%s: %d %q %s", cookies, a.StatusCode, a.Header["Set-Cookie"], a.body)
		}
	}
	if _, lives := s.expiry("mine"); lives {
		t.Error("the session lives")
	}
	s.get(cookie)
	s.session("next", 0)
	s.exec(`ALTER TABLE session RENAME TO gone`)
	if a := s.submit("/sign-out", ``, tokenCookie+"="+sign(secret, "next")); a.StatusCode != http.StatusInternalServerError || a.Header["Set-Cookie"] != nil {
		t.Errorf("a session that could not be ended: %d %q %s", a.StatusCode, a.Header["Set-Cookie"], a.body)
	}
}

func TestUpdateSession(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	cookie := s.session("mine", 0)
	tests := map[string]struct {
		cookie, body, want string
		status             int
	}{
		"there are no fields": {cookie, `{"token":"x","userId":"eve"}`, `{"message":"No fields to update"}`, 400},
		"signed out":          {"a=b", `{}`, `{"code":"UNAUTHORIZED","message":"Unauthorized"}`, 401},
		"no record": {
			cookie, `[]`, `{"code":"VALIDATION_ERROR","message":"[body] Invalid input: expected record, received array"}`, 400,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a := s.submit("/update-session", test.body, test.cookie); a.StatusCode != test.status || a.body != test.want {
				t.Errorf("%d %s", a.StatusCode, a.body)
			}
		})
	}
}
