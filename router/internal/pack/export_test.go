package pack

// RouteKeys is routeKeys.
var RouteKeys = routeKeys
