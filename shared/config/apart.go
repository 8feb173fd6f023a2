package config

import "strings"

// Apart says which functions run in processes of their own beside the router, and what
// each of these processes may take.
type Apart struct {
	Groups Patterns `env:"SWITCHYARD_APART" use:"functions that run in processes of their own, one for each pattern of names: api/reports/**,jobs/convert"`
	Memory Size     `env:"SWITCHYARD_APART_MEMORY" use:"what each of these processes may take of memory beyond what it takes at its start, such as 256MiB; no limit of its own if not set"`
	Files  int      `env:"SWITCHYARD_APART_FILES" default:"0" use:"how many files and connections each of them may have open; as many as the router if 0"`
}

// minMemory and minFiles are what a process needs to start at all.
const (
	minMemory = 16 << 20
	minFiles  = 64
)

// Check implements [Checker].
func (a Apart) Check(report func(name, problem string)) {
	if a.Memory != 0 && a.Memory < minMemory {
		report("SWITCHYARD_APART_MEMORY", "is too small: want 16MiB or more")
	}
	if a.Files != 0 && a.Files < minFiles {
		report("SWITCHYARD_APART_FILES", "is malformed: want 0, or 64 or more")
	}
}

// Patterns are patterns of the names of functions, in which * stands for any text without
// a slash and ** for any text.
type Patterns []string

// UnmarshalText parses a list with commas, which may stand in braces too: {a,b}.
func (p *Patterns) UnmarshalText(text []byte) error {
	*p = nil
	depth := 0
	for entry := range strings.FieldsFuncSeq(string(text), func(c rune) bool {
		switch c {
		case '{':
			depth++
		case '}':
			depth--
		}
		return c == ',' && depth <= 0
	}) {
		if entry = strings.TrimSpace(entry); entry != "" {
			*p = append(*p, entry)
		}
	}
	return nil
}
