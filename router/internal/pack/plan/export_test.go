package plan

// What the tests of this package see of its inside.
var RouteKeys = routeKeys
