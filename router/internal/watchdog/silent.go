package watchdog

import (
	"context"
	"errors"
	"net/http"
	"syscall"
	"time"
)

// Silent returns a check that fails while nothing is answered at url, which is this
// process's, within a time over a new connection. Any answer will do. It does not fail before
// there was one, nor if there is nothing left to connect with: then many others are connected.
func Silent(url string, within time.Duration) func(context.Context) error {
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       within,
	}
	answered := false
	return func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return nil //nolint:nilerr // an address that is none is not silent
		}
		res, err := client.Do(r)
		if err == nil {
			answered = true
			return res.Body.Close()
		}
		if !answered || ctx.Err() != nil || exhausted(err) {
			return nil //nolint:nilerr // see above
		}
		return err
	}
}

// exhausted reports whether err says that the system has no more of something.
func exhausted(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.EADDRNOTAVAIL} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
