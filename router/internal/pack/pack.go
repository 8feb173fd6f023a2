// Package pack builds programs that hold some functions, or one, and nothing that these
// do not need: for AWS Lambda, or as container images.
//
// A program is router/internal/bootstrap with a catalog of its own, which the go command
// is given in place of router/catalog through an overlay: no file of the repository is
// written.
package pack

import (
	"switchyard/router/internal/function"
	"switchyard/shared/fn"
)

// isDurable reports whether Inngest runs f.
func isDurable(f function.Function) bool {
	kind := f.Info().Kind
	return kind == fn.KindJob || kind == fn.KindSchedule
}
