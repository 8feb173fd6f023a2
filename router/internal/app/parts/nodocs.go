//go:build switchyard_nodocs

package parts

import (
	"switchyard/router/internal/serve"
	"switchyard/shared/fn"
)

func pages() func(project fn.Project, document func() ([]byte, error)) ([]serve.Page, error) {
	return nil
}
