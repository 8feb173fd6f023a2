package endpoint

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"switchyard/internal/rules"
	"switchyard/router/internal/answer"
	"switchyard/shared/fault"
)

// check collects what is wrong with a request. It serves one request at a time.
type check struct {
	registry huma.Registry
	status   int // of the answer; 0 while nothing is wrong
	issues   []fault.Issue
	path     *huma.PathBuffer
	result   huma.ValidateResult
}

// checks are at hand for the next requests.
type checks struct{ pool sync.Pool }

func newChecks(registry huma.Registry) *checks {
	return &checks{sync.Pool{New: func() any {
		return &check{registry: registry, path: huma.NewPathBuffer(make([]byte, 0, 128), 0)}
	}}}
}

func (cs *checks) take() *check {
	c, _ := cs.pool.Get().(*check)
	return c
}

// put takes c back, unless it has grown large.
func (cs *checks) put(c *check) {
	const large = 128
	if cap(c.result.Errors) > large {
		return
	}
	c.status, c.issues = 0, nil // the answer may have the issues
	c.path.Reset()
	c.result.Reset()
	cs.pool.Put(c)
}

// add notes that what stands at the location at is not what the endpoint expects.
func (c *check) add(at, message string) {
	c.fail(http.StatusUnprocessableEntity, fault.Issue{Message: message, Location: at})
}

// fail notes an issue that calls for this status, which is that of the answer unless
// there are issues of a lower one.
func (c *check) fail(status int, i fault.Issue) {
	if c.status == 0 || status < c.status {
		c.status = status
	}
	if len(c.issues) < answer.MaxIssues {
		c.issues = append(c.issues, i)
	}
}

// validate notes what is wrong with value by its schema. It stands at the names, one
// within the other.
func (c *check) validate(schema *huma.Schema, value any, names ...string) {
	c.path.Reset()
	for _, name := range names {
		c.path.Push(name)
	}
	rules.Validate(c.registry, schema, c.path, value, &c.result)
	c.addAll(c.result.Errors)
	c.result.Reset()
}

// addAll notes errors of huma. The order in which it goes through an object varies.
func (c *check) addAll(errs []error) {
	if len(errs) == 0 {
		return
	}
	found := make([]fault.Issue, len(errs))
	for i, err := range errs {
		found[i] = issue(err)
	}
	slices.SortStableFunc(found, func(a, b fault.Issue) int { return strings.Compare(a.Location, b.Location) })
	for i, err := range errs {
		status := http.StatusUnprocessableEntity
		if s, ok := errors.AsType[huma.StatusError](err); ok {
			status = s.GetStatus()
		}
		c.fail(status, found[i])
	}
}

// problem returns what to answer, or nil if nothing is wrong.
func (c *check) problem() *answer.Problem {
	if c.status == 0 {
		return nil
	}
	return found(c.status, c.issues)
}
