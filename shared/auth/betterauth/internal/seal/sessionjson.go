package seal

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchyard/shared/auth"
)

// cachedSession is [auth.Session] as session_data has it.
type cachedSession struct {
	ID        string    `json:"id"`
	Token     string    `json:"token"`
	UserID    string    `json:"userId"`
	ExpiresAt time.Time `json:"expiresAt"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	IPAddress *string   `json:"ipAddress"`
	UserAgent *string   `json:"userAgent"`
}

func (s cachedSession) session() auth.Session {
	return auth.Session{
		ID: s.ID, Token: s.Token, UserID: s.UserID,
		ExpiresAt: s.ExpiresAt.UTC(), CreatedAt: s.CreatedAt.UTC(), UpdatedAt: s.UpdatedAt.UTC(),
		IPAddress: s.IPAddress, UserAgent: s.UserAgent,
	}
}

// cachedUser is [auth.User] as session_data has it.
type cachedUser struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	Email         string    `json:"email"`
	EmailVerified bool      `json:"emailVerified"`
	Image         *string   `json:"image"`
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
}

func (u cachedUser) user() auth.User {
	return auth.User{
		ID: u.ID, Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, Image: u.Image,
		CreatedAt: u.CreatedAt.UTC(), UpdatedAt: u.UpdatedAt.UTC(),
	}
}

// cachedObject returns the signed object of session_data as JSON.stringify writes
// it: a reader in JavaScript parses it, writes it again and checks the signature
// of that. encoding/json escapes more than JavaScript does.
func cachedObject(c Cached) string {
	s, u := c.Session, c.User
	var w objectWriter
	w.open("session")
	w.text("expiresAt", FormatTime(s.ExpiresAt))
	w.text("token", s.Token)
	w.text("createdAt", FormatTime(s.CreatedAt))
	w.text("updatedAt", FormatTime(s.UpdatedAt))
	w.optional("ipAddress", s.IPAddress)
	w.optional("userAgent", s.UserAgent)
	w.text("userId", s.UserID)
	w.text("id", s.ID)
	w.close()
	w.open("user")
	w.text("name", u.Name)
	w.text("email", u.Email)
	w.raw("emailVerified", strconv.FormatBool(u.EmailVerified))
	w.optional("image", u.Image)
	w.text("createdAt", FormatTime(u.CreatedAt))
	w.text("updatedAt", FormatTime(u.UpdatedAt))
	w.text("id", u.ID)
	w.close()
	w.raw("updatedAt", strconv.FormatInt(c.UpdatedAt.UnixMilli(), 10))
	w.text("version", cachedVersion)
	return "{" + w.String() + "}"
}

// objectWriter writes the members of an object, without white space.
type objectWriter struct{ strings.Builder }

// key writes name, after a comma unless it is the first of its object.
func (w *objectWriter) key(name string) {
	if s := w.String(); s != "" && s[len(s)-1] != '{' {
		w.WriteByte(',')
	}
	w.WriteString(quote(name) + ":")
}

func (w *objectWriter) raw(name, value string)  { w.key(name); w.WriteString(value) }
func (w *objectWriter) text(name, value string) { w.raw(name, quote(value)) }
func (w *objectWriter) open(name string)        { w.raw(name, "{") }
func (w *objectWriter) close()                  { w.WriteByte('}') }

// optional writes a string that may be null.
func (w *objectWriter) optional(name string, value *string) {
	if value == nil {
		w.raw(name, "null")
		return
	}
	w.text(name, *value)
}

// quote returns s as JSON.stringify writes it (ECMA-262, QuoteJSONString). Bytes
// that are no UTF-8 become U+FFFD, as they do for who reads them.
func quote(s string) string {
	const (
		escaped = "\"\\\b\t\n\f\r"
		letters = `"\btnfr`
	)
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		at := strings.IndexRune(escaped, r)
		switch {
		case at >= 0:
			b.Write([]byte{'\\', letters[at]})
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
