package picture

import (
	"encoding/binary"
	"image"
	"math"
)

// profile says what the colours of a picture mean. nil stands for sRGB.
type profile struct {
	grey   bool       // it is for pictures without colours alone
	curves [3]curveOf // from the value of a channel to light
	matrix matrix     // from that light to sRGB's
}

// toSRGB changes the pixels of img, which have the profile, to sRGB. Colours that it does
// not have become the nearest that it has, channel by channel, as in browsers.
func (p *profile) toSRGB(img *image.RGBA) {
	var light [3][256]float64
	for c, curve := range p.curves {
		for v := range light[c] {
			light[c][v] = curve(float64(v) / 255)
		}
	}
	for i := 0; i < len(img.Pix); i += 4 {
		pixel := img.Pix[i : i+4 : i+4]
		alpha := float64(pixel[3])
		if alpha == 0 {
			continue
		}
		var in [3]float64
		for c := range in { // the pixel is premultiplied, the curve is not
			in[c] = light[c][uint8(min(math.Round(float64(pixel[c])*255/alpha), 255))]
		}
		for c, out := range p.matrix.apply(in) {
			pixel[c] = uint8(math.Round(encodeSRGB(out) * alpha))
		}
	}
}

// fits reports whether there is a profile, and one that img can have.
func (p *profile) fits(img image.Image) bool {
	switch img.(type) {
	case *image.CMYK:
		return false
	case *image.Gray, *image.Gray16:
		return p != nil
	}
	return p != nil && !p.grey
}

// unlessSRGB returns p, or nil if it changes no value by more than rounding does.
func (p *profile) unlessSRGB() *profile {
	for c, curve := range p.curves {
		for v := range 256 {
			if math.Abs(encodeSRGB(curve(float64(v)/255))*255-float64(v)) > 0.75 {
				return p
			}
		}
		for i, n := range p.matrix[c] {
			if math.Abs(n-identity()[c][i]) > 0.002 {
				return p
			}
		}
	}
	return nil
}

// encodeSRGB returns the value of a channel that stands for light; decodeSRGB does the
// opposite (IEC 61966-2-1).
func encodeSRGB(light float64) float64 {
	light = min(max(light, 0), 1)
	if light <= 0.0031308 {
		return 12.92 * light
	}
	return 1.055*math.Pow(light, 1/2.4) - 0.055
}

func decodeSRGB(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// point is a chromaticity, x and y as CIE has them.
type point struct{ x, y float64 }

// primaries holds the chromaticities of red, green, blue and white.
type primaries struct{ red, green, blue, white point }

// codedProfile returns what a cICP chunk says (ITU-T H.273): nil if that is sRGB. It is
// false for what is not for a usual screen, such as PQ and HLG.
func codedProfile(code []byte) (*profile, bool) {
	if len(code) != 4 || code[2] != 0 || code[3] != 1 { // RGB, all values used
		return nil, false
	}
	d65 := point{0.3127, 0.3290}
	colours, known := map[byte]primaries{
		1:  {point{0.64, 0.33}, point{0.30, 0.60}, point{0.15, 0.06}, d65},
		9:  {point{0.708, 0.292}, point{0.170, 0.797}, point{0.131, 0.046}, d65},
		12: {point{0.680, 0.320}, point{0.265, 0.690}, point{0.150, 0.060}, d65},
	}[code[0]]
	curve := map[byte]curveOf{4: power(2.2), 5: power(2.8), 8: power(1), 13: decodeSRGB}[code[1]]
	if !known || curve == nil {
		return nil, false
	}
	return colours.profile(curve)
}

// gammaProfile returns what a gAMA and a cHRM chunk say, of which the second may be nil.
func gammaProfile(gamma uint32, chrm []byte) *profile {
	curve := power(100_000 / float64(max(gamma, 1)))
	if len(chrm) == 32 {
		at := func(i int) point {
			return point{
				float64(binary.BigEndian.Uint32(chrm[8*i:])) / 100_000,
				float64(binary.BigEndian.Uint32(chrm[8*i+4:])) / 100_000,
			}
		}
		if p, ok := (primaries{white: at(0), red: at(1), green: at(2), blue: at(3)}).profile(curve); ok {
			return p
		}
	}
	return (&profile{curves: [3]curveOf{curve, curve, curve}, matrix: identity()}).unlessSRGB()
}

// profile returns the profile of these primaries and one curve, or false if they are no
// colours of a screen.
func (p primaries) profile(curve curveOf) (*profile, bool) {
	columns, ok := p.toXYZ()
	if !ok {
		return nil, false
	}
	return (&profile{curves: [3]curveOf{curve, curve, curve}, matrix: sRGBFromXYZ().times(columns)}).unlessSRGB(), true
}
