package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"switchyard/shared/config"
)

// Set is what a number of functions need, with all that those needs need. Make
// one with [NewSet].
type Set struct {
	nodes  []*node            // each after all that it needs
	users  map[*node][]string // one may stand there again after others
	opened []opened
}

type opened struct {
	name  string
	value any
}

// NewSet returns an empty set.
func NewSet() *Set { return &Set{users: map[*node][]string{}} }

// Add puts needs, and all that they need, into the set on behalf of user: a
// function's name.
func (s *Set) Add(user string, needs ...Need) {
	for _, need := range needs {
		n := need.node()
		s.Add(user, n.needs...)
		if _, known := s.users[n]; !known {
			s.nodes = append(s.nodes, n)
		}
		if users := s.users[n]; len(users) == 0 || users[len(users)-1] != user {
			s.users[n] = append(users, user)
		}
	}
}

// Named returns the services of the set that are called so, to be put into another one.
func (s *Set) Named(names ...string) []Need {
	var needs []Need
	for _, n := range s.nodes {
		if n.open != nil && slices.Contains(names, n.name) {
			needs = append(needs, n)
		}
	}
	return needs
}

// Services returns the names of the services in the set, in the order in which
// they are opened.
func (s *Set) Services() []string {
	var names []string
	for _, n := range s.nodes {
		if n.open != nil {
			names = append(names, n.name)
		}
	}
	return names
}

// Use is a variable and the functions that need it.
type Use struct {
	config.Var
	By []string
}

// Vars returns the variables that the set reads, by name, each once.
func (s *Set) Vars() []Use {
	type use struct{ variable, by string }
	var uses []Use
	seen := map[use]bool{}
	for _, n := range s.nodes {
		for _, v := range n.vars {
			i := slices.IndexFunc(uses, func(u Use) bool { return u.Name == v.Name })
			if i < 0 {
				i, uses = len(uses), append(uses, Use{Var: v})
			}
			uses[i].Required = uses[i].Required || v.Required
			for _, by := range s.users[n] {
				if one := (use{v.Name, by}); !seen[one] {
					seen[one] = true
					uses[i].By = append(uses[i].By, by)
				}
			}
		}
	}
	slices.SortFunc(uses, func(a, b Use) int { return cmp.Compare(a.Name, b.Name) })
	return uses
}

// Permissions returns what the set has to be allowed by the platform, in the order in
// which its sections were added.
func (s *Set) Permissions() []config.Permission {
	var permissions []config.Permission
	for _, n := range s.nodes {
		permissions = append(permissions, n.permissions...)
	}
	return permissions
}

// Read reads the environment of every need in the set. What is wrong is kept in r.
func (s *Set) Read(r *config.Reader) {
	for _, n := range s.nodes {
		if n.read != nil {
			n.read(r)
		}
	}
}

// Open opens the services of the set; Read must have gone well before. If one
// cannot be opened, those already open are closed again.
func (s *Set) Open(ctx context.Context) error {
	for _, n := range s.nodes {
		if n.open == nil {
			continue
		}
		if err := n.open(ctx); err != nil {
			return errors.Join(fmt.Errorf("open %s: %w", n.name, err), s.Close())
		}
		s.opened = append(s.opened, opened{n.name, n.value()})
	}
	return nil
}

// Find returns the open service that is a *T, or nil if the set has none.
func Find[T any](s *Set) *T {
	for _, o := range s.opened {
		if v, ok := o.value.(*T); ok {
			return v
		}
	}
	return nil
}

// Lookup returns the service of the set that is a *T, to be put into another one, and its
// value, which is valid once that is open. The need is nil if there is none.
func Lookup[T any](s *Set) (need Need, value func() *T) {
	for _, n := range s.nodes {
		if n.open == nil {
			continue
		}
		if _, ok := n.value().(*T); ok {
			return n, func() *T { v, _ := n.value().(*T); return v }
		}
	}
	return nil, nil
}

// All returns the open services that have the methods of T, in the order in which
// they were opened; none of a nil set.
func All[T any](s *Set) []T {
	if s == nil {
		return nil
	}
	var all []T
	for _, o := range s.opened {
		if v, ok := o.value.(T); ok {
			all = append(all, v)
		}
	}
	return all
}

// Close closes the services in reverse order. It may be called more than once.
func (s *Set) Close() error {
	var errs []error
	for _, o := range slices.Backward(s.opened) {
		if c, ok := o.value.(io.Closer); ok {
			if err := c.Close(); err != nil {
				errs = append(errs, fmt.Errorf("close %s: %w", o.name, err))
			}
		}
	}
	s.opened = nil
	return errors.Join(errs...)
}

// Ready asks every open service that can tell whether it can serve. The result
// maps the names of those to an error or nil.
func (s *Set) Ready(ctx context.Context) map[string]error {
	ready := map[string]error{}
	for _, o := range s.opened {
		if r, ok := o.value.(interface{ Ready(context.Context) error }); ok {
			ready[o.name] = r.Ready(ctx)
		}
	}
	return ready
}

// Runner is background work of a service.
type Runner func(ctx context.Context, log *slog.Logger) error

// Runners returns the background work of the open services, by name.
func (s *Set) Runners() map[string]Runner {
	type runs interface {
		Run(ctx context.Context, log *slog.Logger) error
	}
	return work(s, func(r runs) Runner { return r.Run })
}

// Relays returns the work of those that send what may start jobs, by name.
func (s *Set) Relays() map[string]Runner {
	type relays interface {
		Relay(ctx context.Context, log *slog.Logger) error
	}
	return work(s, func(r relays) Runner { return r.Relay })
}

// work returns what the open services do that have the methods of T, by name.
func work[T any](s *Set, of func(T) Runner) map[string]Runner {
	all := map[string]Runner{}
	for _, o := range s.opened {
		if v, ok := o.value.(T); ok {
			all[o.name] = of(v)
		}
	}
	return all
}
