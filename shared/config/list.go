package config

import (
	"errors"
	"strings"
)

// readList returns a map of the entries of a list that has commas between them. add is given each
// entry, with its place from 1, to add it to the map, and returns what is wrong with it, or "".
// The error tells everything that is wrong; the map is then nil.
func readList[M ~map[string]V, V any](list []byte, add func(all M, place int, entry string) (wrong string)) (M, error) {
	all := M{}
	var wrongs []string
	for i, entry := range strings.Split(string(list), ",") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		if wrong := add(all, i+1, entry); wrong != "" {
			wrongs = append(wrongs, wrong)
		}
	}
	if len(wrongs) > 0 {
		return nil, errors.New(strings.Join(wrongs, "; "))
	}
	return all, nil
}
