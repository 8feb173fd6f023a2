package stack

// For the tests of what no exported name shows.
var (
	ProcessBorn  = processBorn
	MajorVersion = majorVersion
	VersionIn    = versionIn
)
