package seal

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"switchyard/shared/auth"
)

// readCached reads an object that stands exactly as [cachedObject] writes it, with no
// escaped characters. It is false of any other; encoding/json then reads it, which takes
// ten times as long.
func readCached(inner string) (s auth.Session, u auth.User, updatedAt int64, ok bool) {
	r := objectReader{rest: inner, ok: utf8.ValidString(inner)}
	r.skip(`{"session":{"expiresAt":`)
	s.ExpiresAt = r.time()
	r.skip(`,"token":`)
	s.Token = r.text()
	r.skip(`,"createdAt":`)
	s.CreatedAt = r.time()
	r.skip(`,"updatedAt":`)
	s.UpdatedAt = r.time()
	r.skip(`,"ipAddress":`)
	s.IPAddress = r.optional()
	r.skip(`,"userAgent":`)
	s.UserAgent = r.optional()
	r.skip(`,"userId":`)
	s.UserID = r.text()
	r.skip(`,"id":`)
	s.ID = r.text()
	r.skip(`},"user":{"name":`)
	u.Name = r.text()
	r.skip(`,"email":`)
	u.Email = r.text()
	r.skip(`,"emailVerified":`)
	u.EmailVerified = r.bool()
	r.skip(`,"image":`)
	u.Image = r.optional()
	r.skip(`,"createdAt":`)
	u.CreatedAt = r.time()
	r.skip(`,"updatedAt":`)
	u.UpdatedAt = r.time()
	r.skip(`,"id":`)
	u.ID = r.text()
	r.skip(`},"updatedAt":`)
	updatedAt = r.number()
	r.skip(`,"version":"` + cachedVersion + `"}`)
	return s, u, updatedAt, r.ok && r.rest == ""
}

// objectReader reads what it expects, until something else stands there.
type objectReader struct {
	rest string
	ok   bool
}

func (r *objectReader) skip(text string) {
	rest, found := strings.CutPrefix(r.rest, text)
	r.rest, r.ok = rest, r.ok && found
}

func (r *objectReader) text() string {
	r.skip(`"`)
	for i := range len(r.rest) {
		switch c := r.rest[i]; {
		case c == '"':
			text := r.rest[:i]
			r.rest = r.rest[i+1:]
			return text
		case c == '\\' || c < ' ':
			r.ok = false
			return ""
		}
	}
	r.ok = false
	return ""
}

func (r *objectReader) optional() *string {
	if rest, null := strings.CutPrefix(r.rest, "null"); null {
		r.rest = rest
		return nil
	}
	return new(r.text())
}

func (r *objectReader) time() (t time.Time) {
	err := t.UnmarshalText([]byte(r.text())) // as strict as encoding/json is
	r.ok = r.ok && err == nil
	return t.UTC()
}

func (r *objectReader) bool() bool {
	if rest, yes := strings.CutPrefix(r.rest, "true"); yes {
		r.rest = rest
		return true
	}
	r.skip("false")
	return false
}

func (r *objectReader) number() int64 {
	digits := r.rest
	if end := strings.IndexByte(r.rest, ','); end >= 0 {
		digits = r.rest[:end]
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	r.ok = r.ok && err == nil && strconv.FormatInt(n, 10) == digits
	r.rest = r.rest[len(digits):]
	return n
}
