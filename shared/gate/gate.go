// Package gate lets memory-hungry work through one at a time: a hundred pictures
// that arrive together must not be decoded together.
package gate

import "context"

// Gate lets one caller through at a time, in this process. It is safe for
// concurrent use.
type Gate struct{ free chan struct{} }

// Open returns a gate that nobody has entered.
func Open(context.Context) (*Gate, error) {
	return &Gate{free: make(chan struct{}, 1)}, nil
}

// Enter waits until nobody else is inside. The caller then calls leave, once. It
// fails with the error of ctx if that ends first.
func (g *Gate) Enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.free <- struct{}{}:
		return func() { <-g.free }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
