package files

import (
	"encoding/base64"

	"github.com/google/uuid"

	"switchyard/shared/fault"
)

// cursor is a place between two files of a list.
type cursor struct {
	id   uuid.UUID // the last file on this side of it
	back bool      // what follows is newer than id, not older
}

// A cursor is sent as the id, after it a byte if it leads back, wrapped so that nobody is
// tempted to make one up.

const leadsBack = 1

func (c cursor) String() string {
	raw := c.id[:]
	if c.back {
		raw = append(raw, leadsBack)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// parseCursor returns the cursor that text is; the one before the newest file if it is "".
func parseCursor(text string) (cursor, error) {
	if text == "" {
		return cursor{id: uuid.Max}, nil
	}
	invalid := fault.New(fault.Invalid, "The cursor is not one that this list gave out. Leave it out to start from the newest file.")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return cursor{}, invalid.Because(err)
	}
	var c cursor
	if len(raw) == len(c.id)+1 && raw[len(c.id)] == leadsBack {
		c.back, raw = true, raw[:len(c.id)]
	}
	if c.id, err = uuid.FromBytes(raw); err != nil || c.id.Version() != 7 {
		return cursor{}, invalid.Because(err)
	}
	return c, nil
}
