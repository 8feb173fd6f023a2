package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes.
type Size int64

// UnmarshalText parses a whole number with a unit: B, KiB, MiB, GiB or TiB.
func (s *Size) UnmarshalText(text []byte) error {
	const units, step = "KMGT", 10 // each unit is 2^10 times the one before
	number, _ := strings.CutSuffix(strings.TrimSpace(string(text)), "B")
	shift := 0
	if digits, ok := strings.CutSuffix(number, "i"); ok && digits != "" {
		if i := strings.IndexByte(units, digits[len(digits)-1]); i >= 0 {
			number, shift = digits[:len(digits)-1], (i+1)*step
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64>>shift {
		return errors.New("want a number of bytes such as 256MiB or 1GiB")
	}
	*s = Size(n << shift)
	return nil
}
