package session

import (
	"fmt"
	"strings"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/wire"
)

// The cookies of a session, without their prefix.
const (
	tokenCookie = "session_token"
	cacheCookie = "session_data"
	shortCookie = "dont_remember"
)

// prefix is what the names of all cookies begin with.
func (m *Manager) prefix() string {
	if m.Secure {
		return "__Secure-better-auth."
	}
	return "better-auth."
}

// attributes are those of all cookies, in Node's order.
func (m *Manager) attributes() string {
	if m.Secure {
		return "; Path=/; HttpOnly; Secure; SameSite=Lax"
	}
	return "; Path=/; HttpOnly; SameSite=Lax"
}

// cookie returns the value of the first cookie of this name, without the prefix,
// as it was sent.
func (m *Manager) cookie(c *wire.Call, name string) (string, bool) {
	prefix := m.prefix()
	for full, value := range wire.Cookies(c.Request.Header, name) {
		if rest, ok := strings.CutPrefix(full, prefix); ok && rest == name {
			return value, true
		}
	}
	return "", false
}

// Signed returns the value of a signed cookie: "state" is better-auth.state. It is
// false if there is none or its signature is not ours.
func (m *Manager) Signed(c *wire.Call, name string) (string, bool) {
	value, ok := m.cookie(c, name)
	if !ok {
		return "", false
	}
	return m.Keys.Open(value)
}

// SetSigned writes a signed cookie that lasts for life; 0 means until the browser
// is closed.
func (m *Manager) SetSigned(c *wire.Call, name, value string, life time.Duration) {
	m.set(c, name, m.Keys.Sign(value), life)
}

func (m *Manager) set(c *wire.Call, name, value string, life time.Duration) {
	wire.SetCookie(c.Header, m.line(name, value, life))
}

// line is the Set-Cookie header of a cookie.
func (m *Manager) line(name, value string, life time.Duration) string {
	age := ""
	if life > 0 {
		age = fmt.Sprintf("; Max-Age=%d", int(life.Seconds()))
	}
	return m.prefix() + name + "=" + value + age + m.attributes()
}

// Expire deletes a cookie.
func (m *Manager) Expire(c *wire.Call, name string) {
	wire.SetCookie(c.Header, m.prefix()+name+"=; Max-Age=0"+m.attributes())
}

// SetCookies writes the cookies of a session. remember is what the route's request
// says; nil if it does not say, so that a cookie dont_remember decides.
func (m *Manager) SetCookies(c *wire.Call, s auth.Session, u auth.User, remember *bool) {
	_, short := m.Signed(c, shortCookie)
	forget := short
	if remember != nil {
		forget = !*remember
	}
	life := Life
	if forget {
		life = 0
	}
	m.SetSigned(c, tokenCookie, s.Token, life)
	switch {
	case forget:
		m.SetSigned(c, shortCookie, "true", 0)
	case short:
		m.Expire(c, shortCookie)
	}
	m.setCache(c, s, u, forget)
}

// ClearCookies expires the cookies of a session.
func (m *Manager) ClearCookies(c *wire.Call) {
	m.Expire(c, tokenCookie)
	m.Expire(c, cacheCookie)
	m.expireCache(c)
	m.Expire(c, shortCookie)
}
