package picture_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"slices"
	"testing"

	"switchyard/functions/jobs/files/process/internal/picture"
)

// The primaries of profiles: red, green and blue as XYZ under D50.

func displayP3() [9]float64 {
	return [9]float64{0.51512, 0.2412, -0.00105, 0.29198, 0.69225, 0.04189, 0.1571, 0.06657, 0.78407}
}

func adobeRGB() [9]float64 {
	return [9]float64{0.60974, 0.31111, 0.01947, 0.20528, 0.62567, 0.06087, 0.14919, 0.06322, 0.74457}
}

func sRGB() [9]float64 {
	return [9]float64{0.43607, 0.22249, 0.01392, 0.38515, 0.71687, 0.09708, 0.14307, 0.06061, 0.7141}
}

// swapped returns sRGB with green for red.
func swapped() [9]float64 {
	return [9]float64{0.38515, 0.71687, 0.09708, 0.43607, 0.22249, 0.01392, 0.14307, 0.06061, 0.7141}
}

// Pictures look as Chromium 148 shows them, of which these are the colours.
func TestColours(t *testing.T) {
	t.Parallel()
	green, pale := color.NRGBA{G: 200, B: 100, A: 255}, color.NRGBA{R: 234, G: 51, B: 35, A: 255}
	p3, adobe := icc("RGB ", displayP3(), paraSRGB()), icc("RGB ", adobeRGB(), curv(0x0233))
	grey := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range grey.Pix {
		grey.Pix[i] = 128
	}
	chrm := chunk("cHRM", be32(31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
	gamma := func(n uint32) []byte { return chunk("gAMA", be32(n)) }
	tests := []struct {
		name, mimeType string
		data           []byte
		want           color.NRGBA
	}{
		{"PNG without a profile", "image/png", pngOf(t, fill(8, 8, green)), green},
		{"PNG, Display P3", "image/png", pngWith(t, fill(8, 8, green), iccp(p3)), color.NRGBA{0, 204, 87, 255}},
		{"PNG, Display P3, red that is none of sRGB", "image/png", pngWith(t, fill(8, 8, color.NRGBA{R: 255, A: 255}), iccp(p3)), color.NRGBA{255, 0, 0, 255}},
		{"PNG, Display P3, red of sRGB", "image/png", pngWith(t, fill(8, 8, pale), iccp(p3)), color.NRGBA{255, 0, 0, 255}},
		{"PNG, Display P3, translucent", "image/png", pngWith(t, fill(8, 8, color.NRGBA{0, 200, 100, 128}), iccp(p3)), color.NRGBA{0, 204, 87, 128}},
		{"PNG, Adobe RGB", "image/png", pngWith(t, fill(8, 8, green), iccp(adobe)), color.NRGBA{0, 201, 92, 255}},
		{"PNG, a profile of sRGB", "image/png", pngWith(t, fill(8, 8, green), iccp(icc("RGB ", sRGB(), paraSRGB()))), green},
		{"PNG, a table", "image/png", pngWith(t, fill(8, 8, green), iccp(icc("RGB ", sRGB(), curv(0, 16384, 65535)))), color.NRGBA{0, 215, 122, 255}},
		{"PNG, a grey profile", "image/png", pngWith(t, grey, iccp(icc("GRAY", sRGB(), curv()))), color.NRGBA{188, 188, 188, 255}},
		{"PNG, a grey profile of a picture with colours", "image/png", pngWith(t, fill(8, 8, green), iccp(icc("GRAY", sRGB(), curv()))), green},
		{"PNG, a broken profile", "image/png", pngWith(t, fill(8, 8, green), iccp(p3[:200])), green},
		{"PNG, gAMA", "image/png", pngWith(t, grey, gamma(100_000)), color.NRGBA{188, 188, 188, 255}},
		{"PNG, gAMA and sRGB", "image/png", pngWith(t, grey, append(gamma(100_000), chunk("sRGB", []byte{0})...)), color.NRGBA{128, 128, 128, 255}},
		{"PNG, cHRM and gAMA", "image/png", pngWith(t, fill(8, 8, green), append(gamma(45_455), chrm...)), color.NRGBA{0, 205, 86, 255}},
		{"PNG, cHRM alone", "image/png", pngWith(t, fill(8, 8, green), chrm), green},
		{"PNG, cICP of P3", "image/png", pngWith(t, fill(8, 8, green), chunk("cICP", []byte{12, 13, 0, 1})), color.NRGBA{0, 204, 87, 255}},
		{"PNG, cICP before iCCP", "image/png", pngWith(t, fill(8, 8, green), append(iccp(adobe), chunk("cICP", []byte{12, 13, 0, 1})...)), color.NRGBA{0, 204, 87, 255}},
		{"PNG, cICP of BT.2020", "image/png", pngWith(t, fill(8, 8, green), chunk("cICP", []byte{9, 13, 0, 1})), color.NRGBA{0, 211, 82, 255}},
		{"JPEG, Display P3", "image/jpeg", jpegWith(t, fill(8, 8, green), iccSegments(p3, 1)), color.NRGBA{0, 204, 87, 255}},
		{"JPEG, Display P3 in three parts", "image/jpeg", jpegWith(t, fill(8, 8, green), iccSegments(p3, 3)), color.NRGBA{0, 204, 87, 255}},
		{"JPEG, Display P3 without its third part", "image/jpeg", jpegWith(t, fill(8, 8, green), iccSegments(p3, 3)[:2*((len(p3)+2)/3+18)]), green},
		{"JPEG, Adobe RGB", "image/jpeg", jpegWith(t, fill(8, 8, green), iccSegments(adobe, 1)), color.NRGBA{0, 201, 92, 255}},
		{"grey JPEG, a grey profile", "image/jpeg", jpegWith(t, grey, iccSegments(icc("GRAY", sRGB(), curv()), 1)), color.NRGBA{188, 188, 188, 255}},
		{"WebP, red is green", "image/webp", webpOf(8, 8, 0x20, riff("ICCP", icc("RGB ", swapped(), paraSRGB())), nil), color.NRGBA{0, 255, 0, 255}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			img := thumbnailOf(t, tt.data, tt.mimeType)
			got := color.NRGBAModel.Convert(img.At(1, 1)).(color.NRGBA)
			for i, v := range []uint8{got.R, got.G, got.B, got.A} {
				want := []uint8{tt.want.R, tt.want.G, tt.want.B, tt.want.A}[i]
				if math.Abs(float64(v)-float64(want)) > 3 { // JPEG
					t.Errorf("got %v, want %v", got, tt.want)
				}
			}
		})
	}
}

// thumbnailOf returns the thumbnail of a picture.
func thumbnailOf(t *testing.T, data []byte, mimeType string) image.Image {
	t.Helper()
	info, err := picture.Inspect(t.Context(), bytes.NewReader(data), mimeType)
	if err != nil {
		t.Fatal(err)
	}
	thumbnail, _, err := picture.Thumbnail(t.Context(), bytes.NewReader(data), info)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(thumbnail))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// Profiles are written by anybody.
func FuzzProfile(f *testing.F) {
	f.Add(icc("RGB ", displayP3(), paraSRGB()))
	f.Add(icc("RGB ", adobeRGB(), curv(0x0233)))
	f.Add(icc("GRAY", sRGB(), curv(0, 1, 2)))
	f.Fuzz(func(t *testing.T, profile []byte) {
		for _, data := range [][]byte{
			pngWith(t, fill(2, 2, color.NRGBA{R: 1, G: 2, B: 255, A: 200}), iccp(profile)),
			pngWith(t, image.NewGray(image.Rect(0, 0, 2, 2)), iccp(profile)),
		} {
			thumbnailOf(t, data, "image/png")
		}
	})
}

// icc returns a profile of primaries and one curve for all channels.
func icc(space string, primaries [9]float64, curve []byte) []byte {
	head := make([]byte, 128)
	copy(head[12:], "mntr"+space+"XYZ ")
	copy(head[36:], "acsp")
	binary.BigEndian.PutUint32(head[8:], 0x04000000)
	xyz := func(i int) []byte {
		b := []byte("XYZ \x00\x00\x00\x00")
		for _, v := range primaries[3*i : 3*i+3] {
			b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(v*65536)))) //nolint:gosec // as the format has it
		}
		return b
	}
	names := []string{"rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC", "kTRC", "wtpt"}
	values := [][]byte{xyz(0), xyz(1), xyz(2), curve, curve, curve, curve, append([]byte("XYZ \x00\x00\x00\x00"), be32(63190, 65536, 54061)...)}
	if space == "GRAY" {
		names, values = names[6:], values[6:]
	}
	copy(head[68:], be32(63190, 65536, 54061)) // the white
	tags, at := be32(uint32(len(names))), uint32(132+12*len(names))
	var body []byte
	for i, v := range values {
		v = append(v, make([]byte, -len(v)&3)...)
		tags = append(append(tags, names[i]...), be32(at, uint32(len(v)))...)
		body, at = append(body, v...), at+uint32(len(v))
	}
	binary.BigEndian.PutUint32(head, at)
	return slices.Concat(head, tags, body)
}

// paraSRGB returns sRGB's curve as a formula.
func paraSRGB() []byte {
	return append([]byte("para\x00\x00\x00\x00\x00\x03\x00\x00"), be32(157286, 62119, 3417, 5072, 2651)...)
}

// curv returns a curve as a table.
func curv(values ...uint16) []byte {
	b := append([]byte("curv\x00\x00\x00\x00"), be32(uint32(len(values)))...)
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

func be32(values ...uint32) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// iccp returns the PNG chunk with a profile.
func iccp(profile []byte) []byte {
	var packed bytes.Buffer
	packed.WriteString("a profile\x00\x00")
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(profile)
	_ = z.Close()
	return chunk("iCCP", packed.Bytes())
}

// iccSegments returns the segments of a JPEG with a profile in so many parts.
func iccSegments(profile []byte, parts int) (segments []byte) {
	size := (len(profile) + parts - 1) / parts
	number := byte(0)
	for part := range slices.Chunk(profile, size) {
		number++
		body := slices.Concat([]byte("ICC_PROFILE\x00"), []byte{number, byte(parts)}, part)
		segments = append(segments, segment(0xe2, body)...)
	}
	return segments
}
