package bind

import (
	"math"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// ParseInt returns the integer of so many bits that a parameter says.
func ParseInt(text string, bits int) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, bits)
	return n, err == nil
}

// ParseUint returns the integer of so many bits, of 0 or more, that a parameter says.
func ParseUint(text string, bits int) (uint64, bool) {
	n, err := strconv.ParseUint(text, 10, bits)
	return n, err == nil
}

// ParseFloat returns the number of so many bits, 32 or 64, that a parameter says.
func ParseFloat(text string, bits int) (float64, bool) {
	n, err := strconv.ParseFloat(text, bits)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// ParseBool returns the truth value that a parameter says.
func ParseBool(text string) (value, ok bool) {
	value, err := strconv.ParseBool(text)
	return value, err == nil
}

// ParseTime returns the time that a parameter says, written as layout has it.
func ParseTime(layout, text string) (time.Time, bool) {
	t, err := time.Parse(layout, text)
	return t, err == nil
}

const usualUUID = 36 // characters

// ParseUUID returns the UUID that a parameter says in its usual form, 36 characters.
func ParseUUID(text string) (uuid.UUID, bool) {
	if len(text) != usualUUID {
		return uuid.UUID{}, false
	}
	id, err := uuid.Parse(text)
	return id, err == nil
}
