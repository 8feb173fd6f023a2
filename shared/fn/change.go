package fn

// Change returns spec as change leaves it. It is how a function of another module is lent
// with a Spec that differs in some fields:
//
//	var Spec = fn.Change(signin.Spec, func(s *fn.Page) { s.Route = "/login" })
//
// The generator reads change before anything runs. It may assign to fields of s, and do
// nothing else.
func Change[S Spec](spec S, change func(*S)) S {
	change(&spec)
	return spec
}
