package picture_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"image/color"
	"slices"
	"testing"

	"switchyard/functions/jobs/files/process/internal/picture"
)

// secret is what a camera and a photographer write into a picture.
const secret = "Leica Q3 of Ada, 51.5074 N"

// A thumbnail holds nothing of what a picture says besides its pixels: where it was taken,
// when, with what, and by whom. It is turned upright, since it cannot say how to turn it.
func TestThumbnailIsPrivate(t *testing.T) {
	t.Parallel()
	img := fill(400, 200, color.NRGBA{R: 200, G: 40, B: 40, A: 255})
	glass := fill(400, 200, color.NRGBA{R: 200, A: 100})
	profile := append(icc("RGB ", displayP3(), paraSRGB()), secret...)
	tiff := photoTIFF(6)
	inJPEG := slices.Concat(
		segment(0xe1, append([]byte("Exif\x00\x00"), tiff...)),
		segment(0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00"+packet())),
		segment(0xed, photoshop()),
		iccSegments(profile, 2),
		segment(0xfe, []byte(secret)),
	)
	inPNG := slices.Concat(chunk("eXIf", tiff), chunk("iCCP", iccp(profile)), chunk("tEXt", []byte("Author\x00"+secret)),
		chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+packet())))
	for name, tt := range map[string]struct {
		mimeType      string
		data          []byte
		width, height int // of the picture
	}{
		"JPEG":       {"image/jpeg", append(jpegWith(t, img, inJPEG), secret...), 200, 400},
		"PNG":        {"image/png", pngWith(t, img, inPNG), 200, 400},
		"PNG, glass": {"image/png", pngWith(t, glass, inPNG), 200, 400},
		// Browsers do not turn a WebP as its EXIF data says.
		"WebP": {"image/webp", webpOf(100, 40, 0x20|8|4, riff("ICCP", profile), append(riff("EXIF", tiff), riff("XMP ", []byte(packet()))...)), 100, 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !bytes.Contains(tt.data, []byte(secret)) {
				t.Fatal("the picture has no secret")
			}
			info, err := picture.Inspect(t.Context(), bytes.NewReader(tt.data), tt.mimeType)
			if err != nil || info.Width != tt.width || info.Height != tt.height {
				t.Fatalf("Inspect = %d × %d, %v", info.Width, info.Height, err)
			}
			thumbnail, kind, err := picture.Thumbnail(t.Context(), bytes.NewReader(tt.data), info)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(thumbnail, []byte("Leica")) {
				t.Error("the thumbnail tells the secret")
			}
			for _, part := range parts(kind, thumbnail) {
				if !slices.Contains([]string{"IHDR", "IDAT", "IEND", "c0", "c4", "da", "db"}, part) {
					t.Errorf("the thumbnail, %s, has the part %s", kind, part)
				}
			}
		})
	}
}

// packet returns XMP.
func packet() string {
	return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="51,30.444N">` + secret + `</rdf:Description></rdf:RDF></x:xmpmeta>`
}

// photoshop returns an image resource block with IPTC data: dataset 2:80, by whom.
func photoshop() []byte {
	iptc := append([]byte{0x1c, 2, 80, 0, byte(len(secret))}, secret...)
	head := append([]byte("Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00"), byte(len(iptc)))
	return append(head, iptc...)
}

// photoTIFF returns EXIF data as a camera writes it: orientation, model, and a position.
func photoTIFF(orientation uint16) []byte {
	be := binary.BigEndian
	entry := func(b []byte, tag, kind uint16, count, value uint32) []byte {
		return be.AppendUint32(be.AppendUint32(be.AppendUint16(be.AppendUint16(b, tag), kind), count), value)
	}
	const ascii, short, long, rational = 2, 3, 4, 5
	first, gps := uint32(8), uint32(8+2+3*12+4)
	texts := gps + 2 + 2*12 + 4
	b := be.AppendUint16(be.AppendUint32([]byte("MM\x00\x2a"), first), 3)
	b = entry(b, 0x0110, ascii, uint32(len(secret))+1, texts) // model
	b = entry(b, 0x0112, short, 1, uint32(orientation)<<16)
	b = entry(b, 0x8825, long, 1, gps)
	b = be.AppendUint16(be.AppendUint32(b, 0), 2)
	b = entry(b, 1, ascii, 2, uint32('N')<<24)
	b = entry(b, 2, rational, 3, texts+uint32(len(secret))+1)
	b = append(be.AppendUint32(b, 0), secret+"\x00"...)
	return append(b, be32(51, 1, 30, 1, 26640, 1000)...)
}

// parts returns the names of a PNG's chunks, or of a JPEG's segments in hexadecimal.
func parts(kind string, data []byte) (names []string) {
	if kind == "image/png" {
		for data = data[8:]; len(data) >= 12; data = data[12+binary.BigEndian.Uint32(data):] {
			names = append(names, string(data[4:8]))
		}
		return names
	}
	for data = data[2:]; len(data) >= 4 && data[0] == 0xff; data = data[2+int(binary.BigEndian.Uint16(data[2:])):] {
		names = append(names, hex.EncodeToString(data[1:2]))
		if data[1] == 0xda { // the pixels follow
			break
		}
	}
	return names
}
