// Package hog takes much memory.
package hog

import "switchyard/router/internal/pressure/testdata/functions/api/hog/internal/deep"

// Function is as a function's.
type Function struct{ Held [][]byte }

// Handle takes so many bytes, and holds them.
func (f *Function) Handle(bytes int) {
	const piece = 1 << 20
	for range bytes / piece {
		func() { f.Held = append(f.Held, deep.Take(piece)) }()
	}
}
