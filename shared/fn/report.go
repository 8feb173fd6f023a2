package fn

import "context"

// ReportKey is the key of the func(error) in a context that [Report] calls, for hosts that
// have a type of context of their own. Others use [WithReport].
type ReportKey struct{}

// Report tells the host of the error that a page answers with, for the log: what
// a page shows itself, the host would not learn of otherwise. An endpoint
// returns its error in place of that. Outside of a host it does nothing.
func Report(ctx context.Context, err error) {
	if report, ok := ctx.Value(ReportKey{}).(func(error)); ok {
		report(err)
	}
}

// WithReport returns a context in which [Report] calls report. It is for hosts.
func WithReport(ctx context.Context, report func(error)) context.Context {
	return context.WithValue(ctx, ReportKey{}, report)
}
