package fn

import "context"

// ReportKey is the key of the func(error) in a context that [Report] calls, for hosts that
// have a type of context of their own. Others use [WithReport].
type ReportKey struct{}

// Report tells the host, for the log, of an error that a page shows itself: the host does not see
// it otherwise. An endpoint does not need it, since it returns its error. Outside of a host it
// does nothing.
func Report(ctx context.Context, err error) {
	if report, ok := ctx.Value(ReportKey{}).(func(error)); ok {
		report(err)
	}
}

// WithReport returns a context in which [Report] calls report. It is for hosts.
func WithReport(ctx context.Context, report func(error)) context.Context {
	return context.WithValue(ctx, ReportKey{}, report)
}
