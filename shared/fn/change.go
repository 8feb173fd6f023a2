package fn

// Change returns spec as change leaves it. It is how a function of another module is lent
// with a Spec that differs in some fields:
//
//	var Spec = fn.Change(signin.Spec, func(s *fn.Page) { s.Route = "/login" })
//
// The generator reads change before anything runs. So it assigns to whole fields of s, and
// does nothing else: a constant to Route, Cron and what else is a constant in a Spec. A
// zero value counts: s.Access = fn.SignedIn closes what the lender has open.
func Change[S Spec](spec S, change func(*S)) S {
	change(&spec)
	return spec
}
