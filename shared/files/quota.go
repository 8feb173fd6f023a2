package files

import "switchyard/shared/config"

// Quota is what one user may keep. It is a section of the environment, see package config.
type Quota struct {
	// Bytes bounds the sum of the sizes. Its default has room for ten of the largest files: few
	// users ever meet it, and no user fills a bucket alone.
	Bytes config.Size `env:"FILES_QUOTA_BYTES" default:"50GiB" use:"how many bytes the files of one user may have together; 0 for any number"`
	// Files bounds the number of files, since small and empty ones take rows, and hardly bytes.
	Files int `env:"FILES_QUOTA_COUNT" default:"10000" use:"how many files one user may have; 0 for any number"`
}

// Check implements [config.Checker].
func (q Quota) Check(report func(name, problem string)) {
	if q.Files < 0 {
		report("FILES_QUOTA_COUNT", "is malformed: want 0 or more")
	}
}
