package session

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/seal"
	"switchyard/shared/auth/betterauth/internal/wire"
)

const (
	// shortCache is how long the cache of a session that is not to be remembered
	// is good for.
	shortCache = time.Minute
	// maxCookie is how long a Set-Cookie header gets before it is split in chunks:
	// a little less than the 4093 bytes that Safari takes.
	maxCookie = 4050
	// maxChunks is how many chunks there may be. What needs more is not cached.
	maxChunks = 100
)

// chunk is a part of the cookie session_data: the whole, whose index is -1, or
// session_data.0, session_data.1 and so on.
type chunk struct {
	name  string // without the prefix
	index int
	value string
}

// chunks returns the parts of session_data that came in.
func (m *Manager) chunks(c *wire.Call) []chunk {
	var found []chunk
	for full, value := range wire.Cookies(c.Request.Header, cacheCookie) {
		name, ok := strings.CutPrefix(full, m.prefix())
		if index, is := chunkIndex(name); ok && is {
			found = append(found, chunk{name, index, value})
		}
	}
	return found
}

// chunkIndex reports whether name is one of a chunk, and which.
func chunkIndex(name string) (int, bool) {
	if name == cacheCookie {
		return -1, true
	}
	digits, ok := strings.CutPrefix(name, cacheCookie+".")
	if !ok {
		return 0, false
	}
	index, err := strconv.Atoi(digits)
	return index, err == nil && index >= 0 && strconv.Itoa(index) == digits
}

// cached returns what the cookie session_data holds; sent is false if there is
// none, and ok if it is not one of ours.
func (m *Manager) cached(c *wire.Call) (copied seal.Cached, sent, ok bool) {
	value := join(m.chunks(c))
	if value == "" {
		return seal.Cached{}, false, false
	}
	copied, ok = m.Keys.OpenSession(value)
	return copied, true, ok
}

// join returns what the parts hold together, or what one holds that is the whole.
func join(parts []chunk) string {
	slices.SortStableFunc(parts, func(a, b chunk) int { return a.index - b.index })
	var value strings.Builder
	for _, part := range parts {
		if part.index < 0 && part.value != "" {
			return part.value
		}
		value.WriteString(part.value)
	}
	return value.String()
}

// setCache writes the cookie session_data if the cache is on.
func (m *Manager) setCache(c *wire.Call, s auth.Session, u auth.User, forget bool) {
	if m.CacheFor == 0 {
		return
	}
	m.expireCache(c)
	now := time.Now().UTC().Truncate(time.Millisecond)
	life, good := m.CacheFor, m.CacheFor
	if forget {
		life, good = 0, shortCache
	}
	value := m.Keys.SealSession(seal.Cached{Session: s, User: u, UpdatedAt: now, ExpiresAt: now.Add(good)})
	size := maxCookie - len(m.line(cacheCookie+".99", "", life))
	if len(value) <= size {
		m.set(c, cacheCookie, value, life)
		return
	}
	if len(value) > size*maxChunks {
		return
	}
	index := 0
	for part := range slices.Chunk([]byte(value), size) {
		m.set(c, cacheCookie+"."+strconv.Itoa(index), string(part), life)
		index++
	}
}

// expireCache expires all parts of session_data that came in, and takes back those
// that this answer was to set.
func (m *Manager) expireCache(c *wire.Call) {
	wire.DropCookies(c.Header, func(full string) bool {
		name, ok := strings.CutPrefix(full, m.prefix())
		index, is := chunkIndex(name)
		return ok && is && index >= 0
	})
	for _, part := range m.chunks(c) {
		m.Expire(c, part.name)
	}
}
