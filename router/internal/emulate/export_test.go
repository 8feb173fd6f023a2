package emulate

import (
	"net/http"
	"time"
)

// FrontWithin is Front with another timeout than AWS's.
func (l *Lambda) FrontWithin(k Kind, timeout time.Duration) http.Handler {
	f := &front{lambda: l, door: k.door()}
	f.timeout = timeout
	return f
}
