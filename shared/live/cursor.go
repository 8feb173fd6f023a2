package live

import (
	"strconv"
	"strings"
	"time"
)

// A cursor says which messages somebody has seen: those of the transactions that were committed
// in a snapshot of the database. Numbers that count up could not say that: a transaction gets its
// number before others that are committed first.
type cursor struct {
	at       time.Time // when it was read, by the clock of the database
	snapshot string    // as PostgreSQL writes it (pg_snapshot)
}

// A place is where a client is on the way from one cursor to the next: it has seen the messages up
// to from, and of those up to the cursor to the ones with an id up to id. It is the id of events:
// "SECONDS.FROM.TO.ID", or "SECONDS.TO" at the end of the way.
type place struct {
	from, to cursor
	id       int64
}

// maxSnapshot bounds a snapshot that a client sends, in bytes. It has 11 bytes for each
// transaction that was open.
const maxSnapshot = 8 << 10

// appendTo appends the cursor as the id of an event.
func (c cursor) appendTo(b []byte) []byte {
	b = append(strconv.AppendInt(b, c.at.Unix(), 10), '.')
	return append(b, c.snapshot...)
}

// appendTo appends the place as the id of an event.
func (p place) appendTo(b []byte) []byte {
	b = append(p.from.appendTo(b), '.')
	b = append(append(b, p.to.snapshot...), '.')
	return strconv.AppendInt(b, p.id, 10)
}

func (c cursor) String() string { return string(c.appendTo(nil)) }

// parsePlace returns the place that a client sent; false if it is none.
func parsePlace(text string) (place, bool) {
	parts := strings.Split(text, ".")
	seconds, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil || len(text) > 2*maxSnapshot || len(parts) != 2 && len(parts) != 4 || !isSnapshot(parts[1]) {
		return place{}, false
	}
	from := cursor{time.Unix(seconds, 0), parts[1]}
	if len(parts) == 2 {
		return place{from: from, to: from}, true
	}
	id, err := strconv.ParseInt(parts[3], 10, 64)
	return place{from, cursor{from.at, parts[2]}, id}, err == nil && isSnapshot(parts[2])
}

// isSnapshot reports whether PostgreSQL takes text as a snapshot, XMIN:XMAX:OPEN,OPEN,…: numbers
// from 1, of which the open ones ascend from xmin to before xmax. Of another one it would say an
// error, which is the client's, not ours.
func isSnapshot(text string) bool {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return false
	}
	xmin, xmax := number(parts[0]), number(parts[1])
	if xmin == 0 || xmax < xmin {
		return false
	}
	if parts[2] == "" {
		return true
	}
	before := xmin - 1
	for one := range strings.SplitSeq(parts[2], ",") {
		open := number(one)
		if open <= before || open >= xmax {
			return false
		}
		before = open
	}
	return true
}

// number returns the number that text is as PostgreSQL writes one; 0 if it is none, or too large.
func number(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || strconv.FormatUint(n, 10) != text {
		return 0
	}
	return n
}

// resumes reports whether messages since c can still be read at now.
func (c cursor) resumes(now cursor) bool {
	return c.at.After(now.at.Add(-resumable)) && c.xmax() <= now.xmax() // else of another database
}

// xmax is the first transaction that had no number yet.
func (c cursor) xmax() uint64 {
	parts := strings.Split(c.snapshot, ":")
	if len(parts) < 2 {
		return 0
	}
	return number(parts[1])
}
