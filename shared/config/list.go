package config

import (
	"errors"
	"strings"
)

// eachEntry calls add for each entry of a list that has commas between them, with its place
// from 1. The error tells everything that add says is wrong, or is nil.
func eachEntry(list []byte, add func(place int, entry string) (wrong string)) error {
	var all []string
	for i, entry := range strings.Split(string(list), ",") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		if wrong := add(i+1, entry); wrong != "" {
			all = append(all, wrong)
		}
	}
	if len(all) > 0 {
		return errors.New(strings.Join(all, "; "))
	}
	return nil
}
