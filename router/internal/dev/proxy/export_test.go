package proxy

import (
	"context"

	"switchyard/router/internal/dev/terminal"
)

// LocalPath is what the tests see of the inside of this package.
var LocalPath = localPath

// Start serves on a free port, and shows one step.
func Start(ctx context.Context) (*Proxy, error) {
	listeners, err := Listen(ctx, 0, true)
	if err != nil {
		return nil, err
	}
	return New(listeners, func() []terminal.Step { return []terminal.Step{{Name: "S3", State: "pending", Detail: "building"}} }), nil
}

func (b *Backend) Requests() int64 { return b.requests.Load() }
