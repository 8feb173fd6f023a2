package exact

import (
	"bytes"
	"strconv"
)

// maxDigits bounds the significant digits in the shortest form of a double.
const maxDigits = 17

// survives reports whether the number has the same value after it was read as a double
// and written again, in the shortest form that reads the same, as JSON encoders do.
func survives(number []byte) bool {
	if number[0] == '-' {
		number = number[1:]
	}
	if isShort(number) {
		return true
	}
	double, err := strconv.ParseFloat(string(number), 64)
	if err != nil {
		return false // too large
	}
	was, ok := valueOf(number)
	var room [32]byte
	is, _ := valueOf(strconv.AppendFloat(room[:0], double, 'e', -1, 64))
	return ok && was == is
}

// isShort reports whether it is an integer that is exact in any case, as most are.
func isShort(number []byte) bool {
	const exact = 15
	for _, c := range number {
		if !isDigit(c) {
			return false
		}
	}
	return len(number) <= exact
}

// value is that of a number without its sign: 0.digits × 10^exponent, without zeros at
// either end. Zero has no digits and the exponent 0.
type value struct {
	digits   [maxDigits]byte
	exponent int
}

// valueOf returns a number's value, or false if that has too many digits for a double.
func valueOf(number []byte) (v value, ok bool) {
	mantissa, exponent := number, 0
	if e := bytes.IndexAny(number, "eE"); e >= 0 {
		var err error
		if exponent, err = strconv.Atoi(string(number[e+1:])); err != nil {
			return v, false
		}
		mantissa = number[:e]
	}
	n, zeros, point := 0, 0, false // zeros are those that count if another digit follows
	for _, c := range mantissa {
		switch {
		case c == '.':
			point = true
			continue
		case c == '0' && n == 0 && point:
			exponent--
		case (c != '0' || n > 0) && !point:
			exponent++
		}
		switch {
		case c != '0' && n+zeros >= maxDigits:
			return v, false
		case c != '0':
			for ; zeros > 0; zeros-- {
				v.digits[n] = '0'
				n++
			}
			v.digits[n] = c
			n++
		case n > 0:
			zeros++
		}
	}
	if n > 0 {
		v.exponent = exponent
	}
	return v, true
}
