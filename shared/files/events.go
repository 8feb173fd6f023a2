package files

import (
	"time"

	"github.com/google/uuid"
)

// Names of the events.
const (
	EventUploaded = "file/uploaded"
	EventDeleted  = "file/deleted"
)

// Uploaded is the event that a file's bytes have arrived.
type Uploaded struct {
	FileID  uuid.UUID `json:"fileId"`
	OwnerID string    `json:"ownerId"`
}

// EventName implements events.Event.
func (Uploaded) EventName() string { return EventUploaded }

// Deleted is the event that a file's row is gone; its objects are to follow.
type Deleted struct {
	FileID uuid.UUID `json:"fileId"`
	// UploadEnds is when the URL that takes the file's bytes stops working.
	UploadEnds time.Time `json:"uploadEnds"`
}

// EventName implements events.Event.
func (Deleted) EventName() string { return EventDeleted }
