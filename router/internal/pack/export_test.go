package pack

// What the tests of this package see of its inside.
var (
	Describe  = describe
	VersionOf = versionOf
)
