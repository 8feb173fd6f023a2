package live

// SayAgain is what Run does every 20 s.
var SayAgain = (*Hub).sayAgain

// The queries of the log, for tests of their plans.
const (
	ReadNew     = readNew
	ReadBetween = readBetween
)
