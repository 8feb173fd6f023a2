//go:build !switchyard_nodocs

package parts

import (
	"switchyard/router/internal/serve"
	"switchyard/router/internal/serve/docs"
)

func pages() func(title string, document []byte) []serve.Page { return docs.Pages }
