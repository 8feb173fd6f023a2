//go:build switchyard_nodocs

package parts

import "switchyard/router/internal/serve"

func pages() func(document []byte) []serve.Page { return nil }
