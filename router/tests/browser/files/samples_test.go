package files_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"strings"
	"testing"
)

// sample is a file to upload.
type sample struct {
	name    string
	content []byte
}

// samples returns files of several types, as somebody's desk may have them. The last one is
// the first that the desk shows.
func samples(t *testing.T) []sample {
	t.Helper()
	return []sample{
		{"Broken.jpg", append([]byte{0xff, 0xd8, 0xff, 0xe0}, bytes.Repeat([]byte("?"), 4000)...)},
		{"backup-2026-11-28.tar.gz", append([]byte{0x1f, 0x8b, 8, 0}, bytes.Repeat([]byte{7}, 180_000)...)},
		{"Meeting notes.md", []byte("# Notes of the meeting\n\n" + strings.Repeat("- The desk shows what it does, step by step.\n- Nobody waits for a reload.\n", 12))},
		{"صورة العائلة.png", encode(t, landscape(640, 640, 40), "png")},
		{"Invoice 2026-114.pdf", invoice()},
		{"Lake in the evening.jpg", encode(t, landscape(1500, 1000, 20), "jpeg")},
		{"Hills at dawn.jpg", encode(t, landscape(1800, 1200, 0), "jpeg")},
	}
}

// landscape draws hills before a sky; turn moves its colours.
func landscape(width, height, turn int) image.Image {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			at, down := float64(x)/float64(width), float64(y)/float64(height)
			c := color.NRGBA{uint8(250 - 120*down), uint8(170 + 2*turn/3 - int(60*(1-down))), uint8(130 + 3*turn - int(40*down)), 255}
			for hill := range 5 {
				depth := float64(hill)
				top := 0.42 + 0.11*depth + 0.05*math.Sin(at*(7-depth)+2*depth) + 0.02*math.Sin(at*(19+3*depth))
				if down > top {
					c = color.NRGBA{uint8(118 - 22*depth), uint8(104 - 16*depth + float64(turn)), uint8(140 - 20*depth + float64(turn)), 255}
				}
			}
			picture.SetNRGBA(x, y, c)
		}
	}
	return picture
}

func encode(t *testing.T, picture image.Image, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	if format == "png" {
		err = png.Encode(&b, picture)
	} else {
		err = jpeg.Encode(&b, picture, &jpeg.Options{Quality: 88})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// invoice returns a PDF of one page.
func invoice() []byte {
	text := "BT /F1 26 Tf 72 740 Td (Invoice 2026-114) Tj /F1 13 Tf 0 -40 Td (Twelve hours of mending the harbour crane) Tj 0 -22 Td (Total: 1,440.00 EUR) Tj ET"
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text), "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}
