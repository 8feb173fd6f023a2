package live

// What Run does every 20 s, and every second.
var (
	SayAgain = (*Hub).sayAgain
	Beat     = (*Hub).beat
)

// Turns is how many beats there are between two heartbeats of a stream.
const Turns = turns

// The queries of the log, for tests of their plans.
const (
	ReadNew     = readNew
	ReadBetween = readBetween
)
