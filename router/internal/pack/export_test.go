package pack

// What the tests of this package see of its inside.
var (
	NewPlan   = newPlan
	RouteKeys = routeKeys
	VersionOf = versionOf
)
