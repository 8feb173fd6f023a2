package bind

// The types of what follows need not be written where it is called: some have no name.

// Empty returns a list like s, which is nil, but empty.
func Empty[S ~[]E, E any](S) S { return S{} }

// Grow appends a zero item to a list, and returns where that is.
func Grow[S ~[]E, E any](s *S) *E {
	var zero E
	*s = append(*s, zero)
	return &(*s)[len(*s)-1]
}

// New sets p to a new zero value, and returns it.
func New[T any](p **T) *T {
	*p = new(T)
	return *p
}
