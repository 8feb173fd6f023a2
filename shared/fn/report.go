package fn

import "context"

type reportKey struct{}

// Report tells the host of the error that a page answers with, for the log: what
// a page shows itself, the host would not learn of otherwise. An endpoint
// returns its error in place of that. Outside of a host it does nothing.
func Report(ctx context.Context, err error) {
	if report, ok := ctx.Value(reportKey{}).(func(error)); ok {
		report(err)
	}
}

// WithReport returns a context in which [Report] calls report. It is for hosts.
func WithReport(ctx context.Context, report func(error)) context.Context {
	return context.WithValue(ctx, reportKey{}, report)
}
