package watchdog

// Exhausted is for tests.
var Exhausted = exhausted
