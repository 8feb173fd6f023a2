package events

// What tests need of the inside.
var (
	Prune           = (*Bus).prune
	PruneStatements = map[string]string{"forget": forget, "trim": trim, "end lost": endLost}
	ReleaseHeld     = (*Bus).releaseHeld
)
