package picture

import (
	"image"

	"golang.org/x/image/draw"
)

// shrink returns the part of img within canvas with its longest side maxSide
// pixels, never enlarged.
//
// A good filter applied to a whole photograph would need more memory than the
// photograph. So the picture is first averaged over squares, down to less than
// twice the size wanted, and only then filtered.
func shrink(img image.Image, canvas image.Rectangle) *image.RGBA {
	w, h := canvas.Dx(), canvas.Dy()
	longest := max(w, h)
	mid := average(img, canvas, max(1, longest/maxSide))
	if longest <= maxSide {
		return mid
	}
	side := func(n int) int { return max(1, (n*maxSide+longest/2)/longest) }
	small := image.NewRGBA(image.Rect(0, 0, side(w), side(h)))
	draw.CatmullRom.Scale(small, small.Bounds(), mid, mid.Bounds(), draw.Src, nil)
	return small
}

// average returns canvas with every square of k × k pixels made one.
func average(img image.Image, canvas image.Rectangle, k int) *image.RGBA {
	w, h := canvas.Dx(), canvas.Dy()
	out := image.NewRGBA(image.Rect(0, 0, (w+k-1)/k, (h+k-1)/k))
	square := image.NewRGBA(image.Rect(0, 0, min(k, w), min(k, h)))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			part := image.Rect(x*k, y*k, min(x*k+k, w), min(y*k+k, h))
			clear(square.Pix) // img may not cover all of canvas
			draw.Draw(square, image.Rectangle{Max: part.Size()}, img, part.Min.Add(canvas.Min), draw.Src)
			mean(out.Pix[out.PixOffset(x, y):][:4], square, part.Size())
		}
	}
	return out
}

// mean sets pixel to the mean of the pixels in the corner of img that has this
// size. They are premultiplied with their alpha, so that plain sums are right.
func mean(pixel []byte, img *image.RGBA, size image.Point) {
	var sum [4]int
	for y := range size.Y {
		row := img.Pix[y*img.Stride:][:4*size.X]
		for i, v := range row {
			sum[i&3] += int(v)
		}
	}
	n := size.X * size.Y
	for i := range pixel {
		pixel[i] = byte((sum[i] + n/2) / n)
	}
}

// upright turns and mirrors img as an EXIF orientation says.
func upright(img *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			to := [...]image.Point{
				2: {w - 1 - x, y}, 3: {w - 1 - x, h - 1 - y}, 4: {x, h - 1 - y},
				5: {y, x}, 6: {h - 1 - y, x}, 7: {h - 1 - y, w - 1 - x}, 8: {y, w - 1 - x},
			}[orientation]
			out.SetRGBA(to.X, to.Y, img.RGBAAt(x, y))
		}
	}
	return out
}
