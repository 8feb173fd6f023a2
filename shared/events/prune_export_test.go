package events

// What tests need of the inside.
var (
	Prune       = (*Bus).prune
	Forget      = forget
	ReleaseHeld = (*Bus).releaseHeld
)
