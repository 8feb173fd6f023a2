package limit

import (
	"slices"
	"strings"
	"time"
)

// rule allows max requests, each less than window after the one before.
type rule struct {
	window time.Duration
	max    int
}

// longest is the longest window of a rule.
const longest = time.Minute

// ruleOf returns the rule for a route, as Better Auth has it
// (src/api/rate-limiter/index.ts).
func ruleOf(path string) rule {
	begins := func(prefix string) bool { return strings.HasPrefix(path, prefix) }
	switch {
	case slices.ContainsFunc([]string{"/sign-in", "/sign-up", "/change-password", "/change-email"}, begins):
		return rule{10 * time.Second, 3}
	case path == "/request-password-reset", path == "/send-verification-email":
		return rule{longest, 3}
	}
	return rule{10 * time.Second, 100}
}

// wait returns for how long requests are refused, in whole seconds, when the last
// one was so many milliseconds ago.
func (r rule) wait(ago int64) time.Duration {
	left := r.window - time.Duration(ago)*time.Millisecond
	if left <= 0 || left > r.window { // since then somebody else was allowed
		left = r.window
	}
	return (left + time.Second - 1).Truncate(time.Second)
}
