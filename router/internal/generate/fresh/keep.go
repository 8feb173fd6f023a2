package fresh

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
)

// Store keeps the reports of the last time when files were generated, in a file for each module.
// Its folder may be removed at any time.
type Store struct{ Dir string }

// most is how many modules have a file: those for which files were generated last.
const most = 64

// kept is what a file of the store has.
type kept struct {
	State  string          `json:"state"`
	Report json.RawMessage `json:"report"`
}

func (t Store) name(s *State) string {
	sum := sha256.Sum256([]byte(s.root))
	return filepath.Join(t.Dir, hex.EncodeToString(sum[:16])+".json")
}

// Find returns the report that was kept for the state s, or nil.
func (t Store) Find(s *State) []byte {
	text, err := os.ReadFile(t.name(s))
	var k kept
	if err != nil || json.Unmarshal(text, &k) != nil || k.State != s.sum() {
		return nil
	}
	return k.Report
}

// Keep keeps a report, as JSON, for the state after. changed are the files that were generated,
// relative to the root. If any other file is different in before and after, Keep keeps nothing.
func (t Store) Keep(before, after *State, changed []string, report []byte) error {
	if !after.follows(before, changed) {
		return nil
	}
	text, err := json.Marshal(kept{after.sum(), report})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(t.Dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(t.Dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // fails, as it should, once renamed
	_, err = tmp.Write(text)
	if err := cmp.Or(err, tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), t.name(after)); err != nil {
		return err
	}
	return t.trim()
}

// trim removes the oldest files.
func (t Store) trim() error {
	names, err := filepath.Glob(filepath.Join(t.Dir, "*.json"))
	if err != nil || len(names) <= most {
		return err
	}
	age := map[string]int64{}
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			age[name] = info.ModTime().UnixNano()
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(age[a], age[b]) })
	for _, name := range names[:len(names)-most] {
		_ = os.Remove(name) // another process may have done so
	}
	return nil
}
