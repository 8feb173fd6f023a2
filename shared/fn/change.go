package fn

// Change returns spec as change leaves it. It is how a function of another module is lent
// with a Spec that differs in some fields:
//
//	var Spec = fn.Change(signin.Spec, func(s *fn.Page) { s.Route = "/login" })
//
// The generator reads change without running it. So change may only assign to whole fields of
// s; and a field that has to be a constant in a Spec, such as Route and Cron, gets a constant.
// A zero value counts: s.Access = fn.SignedIn closes a function that the lender has open.
func Change[S Spec](spec S, change func(*S)) S {
	change(&spec)
	return spec
}
