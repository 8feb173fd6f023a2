package serve

import (
	"fmt"
	"net/http"
	"sync"

	"switchyard/router/internal/answer"
)

// late is a page that is bound when it is first called.
type late struct {
	name string
	bind func() any
	once sync.Once
	page http.Handler // nil if it cannot be bound
}

// ServeHTTP lets the page answer r.
func (l *late) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.once.Do(func() { l.page, _ = l.bind().(http.Handler) })
	if l.page == nil {
		answer.Write(w, r, fmt.Errorf("%s is bound to what is no page", l.name))
		return
	}
	l.page.ServeHTTP(w, r)
}
