//go:build switchyard_nodocs

package parts

import "switchyard/router/internal/serve"

func pages() func(title string, document []byte) []serve.Page { return nil }
