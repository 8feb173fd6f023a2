package config

// Files is what one user of the file desk may keep.
type Files struct {
	// QuotaBytes has room for ten of the largest files, so that whoever uses the desk hardly
	// meets it, and nobody fills a bucket alone.
	QuotaBytes Size `env:"FILES_QUOTA_BYTES" default:"50GiB" use:"how many bytes the files of one user may have together; 0 for any number"`
	// QuotaCount bounds what small and empty files take, which is rows, not bytes.
	QuotaCount int `env:"FILES_QUOTA_COUNT" default:"10000" use:"how many files one user may have; 0 for any number"`
}

// Check implements [Checker].
func (f Files) Check(report func(name, problem string)) {
	if f.QuotaCount < 0 {
		report("FILES_QUOTA_COUNT", "is malformed: want 0 or more")
	}
}
