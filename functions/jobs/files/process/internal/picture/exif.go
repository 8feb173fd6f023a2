package picture

import (
	"bytes"
	"encoding/binary"
)

// orientation returns how a picture with this EXIF data is to be turned, 1 to 8 as EXIF
// counts, or 0 if it does not say.
func orientation(exif []byte) int {
	tiff := bytes.TrimPrefix(exif, []byte("Exif\x00\x00")) // as in a JPEG; a PNG has it without
	if len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 0
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 0
		}
		const tagOrientation = 0x0112
		if order.Uint16(entries) == tagOrientation {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 0
		}
		entries = entries[12:]
	}
	return 0
}
