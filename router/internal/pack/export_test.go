package pack

// What the tests of this package see of its inside.
var (
	Describe   = describe
	NewPlan    = newPlan
	RouteKeys  = routeKeys
	UnitRoutes = unitRoutes
	VersionOf  = versionOf
)
