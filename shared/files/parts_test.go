package files_test

import (
	"testing"

	"switchyard/shared/files"
)

func TestParts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		size  int64
		parts int
		last  int64 // bytes of the last part
	}{
		{1, 1, 1},
		{files.PartSize, 1, files.PartSize},
		{files.PartSize + 1, 2, 1},
		{2 * files.PartSize, 2, files.PartSize},
		{files.MaxSize, 320, files.PartSize},
	} {
		f := files.File{Size: tt.size}
		offset, last := f.Part(f.Parts())
		if f.Parts() != tt.parts || last != tt.last || offset+last != tt.size {
			t.Errorf("%d bytes: %d parts, the last of %d at %d", tt.size, f.Parts(), last, offset)
		}
		if got := f.InParts(); got != (tt.parts > 1) {
			t.Errorf("%d bytes: in parts: %t", tt.size, got)
		}
	}
}
