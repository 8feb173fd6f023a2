package picture

import (
	"encoding/binary"
	"math"
)

// parseICC reads an ICC profile (ICC.1:2022) of the simple kind that cameras and screens
// have: a curve for each channel, and for colours a matrix. It returns nil if the colours
// are sRGB's, and false if the profile is of another kind, or none.
func parseICC(icc []byte) (*profile, bool) {
	if len(icc) < 132 || string(icc[36:40]) != "acsp" || string(icc[20:24]) != "XYZ " {
		return nil, false
	}
	p := &profile{}
	switch string(icc[16:20]) {
	case "GRAY":
		curve, ok := iccCurve(iccTag(icc, "kTRC"))
		if !ok {
			return nil, false
		}
		p.grey, p.curves, p.matrix = true, [3]curveOf{curve, curve, curve}, identity()
		return p.unlessSRGB(), true
	case "RGB ":
		var columns matrix
		for i, channel := range []string{"r", "g", "b"} {
			colour := iccTag(icc, channel+"XYZ")
			curve, ok := iccCurve(iccTag(icc, channel+"TRC"))
			if !ok || len(colour) < 20 || string(colour[:4]) != "XYZ " {
				return nil, false
			}
			p.curves[i] = curve
			for row := range 3 {
				columns[row][i] = fixed(colour[8+4*row:])
			}
		}
		p.matrix = sRGBFromXYZ().times(columns)
		return p.unlessSRGB(), true
	}
	return nil, false
}

// iccTag returns what the profile has under name, or nil.
func iccTag(icc []byte, name string) []byte {
	entries := icc[132:]
	for range min(binary.BigEndian.Uint32(icc[128:]), 100) {
		if len(entries) < 12 {
			return nil
		}
		if string(entries[:4]) == name {
			at, size := uint64(binary.BigEndian.Uint32(entries[4:])), uint64(binary.BigEndian.Uint32(entries[8:]))
			if at+size > uint64(len(icc)) {
				return nil
			}
			return icc[at : at+size]
		}
		entries = entries[12:]
	}
	return nil
}

// curveOf returns how much light a channel's value stands for, both from 0 to 1.
type curveOf func(v float64) float64

// iccCurve reads a curve: a table, an exponent, or one of five formulas.
func iccCurve(tag []byte) (curveOf, bool) {
	if len(tag) < 12 {
		return nil, false
	}
	switch string(tag[:4]) {
	case "curv":
		return iccTable(int64(binary.BigEndian.Uint32(tag[8:])), tag[12:])
	case "para":
		return iccFormula(int(binary.BigEndian.Uint16(tag[8:])), tag[12:])
	}
	return nil, false
}

// iccTable returns the curve of n values: none is a straight line, one an exponent, and
// more are points with lines between them.
func iccTable(n int64, values []byte) (curveOf, bool) {
	if n*2 > int64(len(values)) {
		return nil, false
	}
	switch n {
	case 0:
		return func(v float64) float64 { return v }, true
	case 1:
		return power(float64(binary.BigEndian.Uint16(values)) / 256), true
	}
	point := func(i int64) float64 { return float64(binary.BigEndian.Uint16(values[2*min(i, n-1):])) / 65535 }
	return func(v float64) float64 {
		whole, part := math.Modf(v * float64(n-1))
		return point(int64(whole))*(1-part) + point(int64(whole)+1)*part
	}, true
}

// iccFormula returns the curve of a formula; ICC.1:2022, table 68.
func iccFormula(kind int, params []byte) (curveOf, bool) {
	counts := [...]int{1, 3, 4, 5, 7}
	if kind >= len(counts) || len(params) < 4*counts[kind] {
		return nil, false
	}
	var n [7]float64
	for i := range counts[kind] {
		n[i] = fixed(params[4*i:])
	}
	g, a, b, c, d, e, f := n[0], n[1], n[2], n[3], n[4], n[5], n[6]
	switch kind {
	case 0:
		return power(g), true
	case 1, 2: // from where a·v+b is 0; c is what is added
		d, e, f, c = -b/a, c, c, 0
	}
	return func(v float64) float64 {
		if v < d {
			return c*v + f
		}
		return math.Pow(max(a*v+b, 0), g) + e
	}, a != 0
}

func power(exponent float64) curveOf {
	return func(v float64) float64 { return math.Pow(v, exponent) }
}

// fixed reads a number of 16 bits before and 16 after the point.
func fixed(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) / 65536 } //nolint:gosec // it is signed
