package picture

import "math"

// matrix has rows of columns.
type matrix [3][3]float64

func identity() matrix { return matrix{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}} }

// sRGBFromXYZ makes light of sRGB's primaries of XYZ under D50, in which ICC profiles
// express colours.
func sRGBFromXYZ() matrix {
	return matrix{
		{3.1338561, -1.6168667, -0.4906146},
		{-0.9787684, 1.9161415, 0.0334540},
		{0.0719453, -0.2289914, 1.4052427},
	}
}

// toD50 makes of XYZ under white what looks the same under D50 (Bradford's method).
func toD50(white [3]float64) matrix {
	cones := matrix{{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}
	d50 := [3]float64{0.96422, 1, 0.82521}
	from, to := cones.apply(white), cones.apply(d50)
	back, _ := cones.inverse()
	return back.scaled([3]float64{to[0] / from[0], to[1] / from[1], to[2] / from[2]}).times(cones)
}

func (m matrix) apply(v [3]float64) (out [3]float64) {
	for i, row := range m {
		out[i] = row[0]*v[0] + row[1]*v[1] + row[2]*v[2]
	}
	return out
}

func (m matrix) times(n matrix) (out matrix) {
	for i := range out {
		for j := range out {
			out[i][j] = m[i][0]*n[0][j] + m[i][1]*n[1][j] + m[i][2]*n[2][j]
		}
	}
	return out
}

// scaled returns m with each column times the value of v that belongs to it.
func (m matrix) scaled(v [3]float64) matrix {
	return m.times(matrix{{v[0], 0, 0}, {0, v[1], 0}, {0, 0, v[2]}})
}

// inverse returns the matrix that undoes m, or false if there is none.
func (m matrix) inverse() (out matrix, ok bool) {
	minor := func(i, j int) float64 {
		a, b, c, d := (i+1)%3, (i+2)%3, (j+1)%3, (j+2)%3
		return m[a][c]*m[b][d] - m[a][d]*m[b][c]
	}
	determinant := m[0][0]*minor(0, 0) + m[0][1]*minor(0, 1) + m[0][2]*minor(0, 2)
	if math.Abs(determinant) < 1e-9 {
		return m, false
	}
	for i := range out {
		for j := range out {
			out[i][j] = minor(j, i) / determinant
		}
	}
	return out, true
}

// xyz returns the colour at p with a Y of 1.
func (p point) xyz() [3]float64 { return [3]float64{p.x / p.y, 1, (1 - p.x - p.y) / p.y} }

// toXYZ returns the matrix that makes of light XYZ under D50, to which the white is
// adapted. It is false if the primaries do not span colours.
func (p primaries) toXYZ() (matrix, bool) {
	for _, one := range []point{p.red, p.green, p.blue, p.white} {
		if one.x <= 0 || one.y <= 0 || one.x+one.y > 1 {
			return matrix{}, false
		}
	}
	r, g, b := p.red.xyz(), p.green.xyz(), p.blue.xyz()
	columns := matrix{{r[0], g[0], b[0]}, {r[1], g[1], b[1]}, {r[2], g[2], b[2]}}
	undo, ok := columns.inverse()
	if !ok {
		return matrix{}, false
	}
	columns = columns.scaled(undo.apply(p.white.xyz()))
	return toD50(p.white.xyz()).times(columns), true
}
