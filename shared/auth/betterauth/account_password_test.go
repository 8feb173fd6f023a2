package betterauth_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestVerifyPassword(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	b := s.signUp("ada@example.com")
	b.post("/verify-password", fields{"password": passphrase}).says(t, "right", statusTrue)
	b.post("/verify-password", fields{"password": "wrong"}).refused(t, "wrong", 400, "INVALID_PASSWORD")
	b.post("/verify-password", fields{"password": strings.Repeat("x", 1<<20)}).refused(t, "long", 400, "PASSWORD_TOO_LONG")
	b.post("/verify-password", fields{}).refused(t, "none", 400, "VALIDATION_ERROR")
	s.browser().post("/verify-password", fields{"password": passphrase}).refused(t, "nobody", 401, "UNAUTHORIZED")
	s.exec(`UPDATE account SET password = NULL`)
	b.post("/verify-password", fields{"password": passphrase}).refused(t, "no password", 400, "INVALID_PASSWORD")
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	b := s.signUp("ada@example.com")
	other, _ := s.signIn("ada@example.com", passphrase)
	before := b.cookies[tokenCookie]
	a := b.post("/change-password", fields{"currentPassword": passphrase, "newPassword": "another horse"})
	body := a.object(t)
	if user, _ := body["user"].(map[string]any); a.StatusCode != http.StatusOK || body["token"] != nil || user["email"] != "ada@example.com" {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if len(a.Header["Set-Cookie"]) > 0 || other.who() != "ada@example.com" {
		t.Errorf("other sessions do not go on, or this one changed: %v", a.Header)
	}
	_, a = s.signIn("ada@example.com", passphrase)
	a.refused(t, "the old password", 401, "INVALID_EMAIL_OR_PASSWORD")
	if _, a := s.signIn("ada@example.com", "another horse"); a.StatusCode != http.StatusOK {
		t.Errorf("the new password: %d %s", a.StatusCode, a.body)
	}

	a = b.post("/change-password", fields{"currentPassword": "another horse", "newPassword": passphrase, "revokeOtherSessions": true})
	token, _ := a.object(t)["token"].(string)
	if token == "" || b.cookies[tokenCookie] == before || b.who() != "ada@example.com" || other.who() != "" {
		t.Errorf("revoking: %d %s", a.StatusCode, a.body)
	}
	same(t, "sessions", s.count(`SELECT count(*) FROM session`), 1)
	if at, ok := s.expiry(token); !ok || time.Until(at) < 6*24*time.Hour {
		t.Errorf("the new session ends at %s", at)
	}
}

func TestChangePasswordRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	b := s.signUp("ada@example.com")
	long := strings.Repeat("x", 129)
	for name, test := range map[string]struct{ current, next, code string }{
		"wrong":                    {"wrong", "another horse", "INVALID_PASSWORD"},
		"short":                    {passphrase, "1234567", "PASSWORD_TOO_SHORT"},
		"long":                     {passphrase, long, "PASSWORD_TOO_LONG"},
		"long current":             {long, "another horse", "PASSWORD_TOO_LONG"},
		"a megabyte":               {strings.Repeat("x", 1<<20), "another horse", "PASSWORD_TOO_LONG"},
		"lengths before the right": {"wrong", "1234567", "PASSWORD_TOO_SHORT"},
	} {
		a := b.post("/change-password", fields{"currentPassword": test.current, "newPassword": test.next, "revokeOtherSessions": true})
		a.refused(t, name, http.StatusBadRequest, test.code)
	}
	s.browser().post("/change-password", fields{"currentPassword": passphrase, "newPassword": "another horse"}).
		refused(t, "nobody", 401, "UNAUTHORIZED")
	if _, a := s.signIn("ada@example.com", passphrase); a.StatusCode != http.StatusOK || b.who() == "" {
		t.Errorf("the password changed: %d %s", a.StatusCode, a.body)
	}
	s.exec(`DELETE FROM account`)
	b.post("/change-password", fields{"currentPassword": passphrase, "newPassword": "another horse"}).
		refused(t, "no password", 400, "CREDENTIAL_ACCOUNT_NOT_FOUND")
}

// Changing a password, ending all sessions and deleting the account take locks on
// the same rows.
func TestChangePasswordWhileDeleting(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	b := s.signUp("ada@example.com")
	cookie := tokenCookie + "=" + b.cookies[tokenCookie]
	counts := atOnce(8, func(i int) answer {
		if i%2 == 0 {
			return s.send("POST", "/api/auth/delete-user", `{}`, "Cookie", cookie, "Origin", shop)
		}
		return s.send("POST", "/api/auth/change-password",
			`{"currentPassword":"`+passphrase+`","newPassword":"another horse","revokeOtherSessions":true}`, "Cookie", cookie, "Origin", shop)
	})
	for kind, n := range counts {
		if strings.HasPrefix(kind, "5") {
			t.Errorf("%d times %s", n, kind)
		}
	}
	same(t, "users", s.count(`SELECT count(*) FROM "user"`), 0)
	same(t, "sessions", s.count(`SELECT count(*) FROM session`), 0)
	same(t, "accounts", s.count(`SELECT count(*) FROM account`), 0)
}

// A password counts as it is when something comes of it: not if, while it was compared, somebody
// has changed it, or reset it because others knew it.
func TestPasswordChangesMeanwhile(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for name, test := range map[string]struct {
		path, code string
		status     int
		body       fields
	}{
		"change":  {"/change-password", "INVALID_PASSWORD", 400, fields{"currentPassword": passphrase, "newPassword": "another horse"}},
		"delete":  {"/delete-user", "INVALID_PASSWORD", 400, fields{"password": passphrase}},
		"sign in": {"/sign-in/email", "INVALID_EMAIL_OR_PASSWORD", 401, fields{"email": "ada@example.com", "password": passphrase}},
	} {
		s.exec(`DELETE FROM "user"`)
		b := s.signUp("ada@example.com")
		answers := make(chan answer, 1)
		err := s.db.InTx(t.Context(), func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `SELECT FROM "user" FOR UPDATE`); err != nil {
				return err
			}
			go func() { answers <- b.post(test.path, test.body) }()
			for s.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) == 0 {
				time.Sleep(time.Millisecond) // until it has compared the password, and waits for the user
			}
			_, err := tx.Exec(t.Context(), `UPDATE account SET password = 'changed'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		a := <-answers
		a.refused(t, name, test.status, test.code)
		same(t, name+": passwords", s.count(`SELECT count(*) FROM account WHERE password = 'changed'`), 1)
		same(t, name+": sessions", s.count(`SELECT count(*) FROM session`), 1)
	}
}
