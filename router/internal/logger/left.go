package logger

import (
	"context"
	"log/slog"

	"switchyard/shared/fn"
)

// CloseLeft ends a call of the function called name, closes what it has left open, and says
// what that was. The attribute key with the value id tells which call it is.
func CloseLeft(ctx context.Context, log *slog.Logger, call *fn.Call, name, key, id string) {
	if left := call.End(); left != nil {
		log.ErrorContext(ctx, "a call left something open, which is closed now",
			slog.String("function", name), slog.String(key, id), slog.Any("left", left))
	}
}
