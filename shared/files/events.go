package files

import (
	"time"

	"github.com/google/uuid"

	"switchyard/shared/events"
)

// Names of the events.
const (
	EventUploaded = "file/uploaded"
	EventReady    = "file/ready"
	EventFailed   = "file/failed"
	EventDeleted  = "file/deleted"
	EventUnwanted = "file/unwanted"
	EventInfected = "scanner/file.infected"
)

// Uploaded is the event that a file's bytes have arrived.
type Uploaded struct {
	FileID  uuid.UUID `json:"fileId"`
	OwnerID string    `json:"ownerId"`
}

// EventName implements events.Event.
func (Uploaded) EventName() string { return EventUploaded }

// FileReady is the event that all is known of a file.
type FileReady struct {
	FileID  uuid.UUID `json:"fileId"`
	OwnerID string    `json:"ownerId"`
	File    File      `json:"file"`
}

// EventName implements events.Event.
func (FileReady) EventName() string { return EventReady }

// FileFailed is the event that a file could not be processed.
type FileFailed struct {
	FileID  uuid.UUID `json:"fileId"`
	OwnerID string    `json:"ownerId"`
	File    File      `json:"file"`
}

// EventName implements events.Event.
func (FileFailed) EventName() string { return EventFailed }

// Deleted is the event that a file's row is gone; its objects are to follow.
type Deleted struct {
	FileID  uuid.UUID `json:"fileId"`
	OwnerID string    `json:"ownerId,omitempty"` // none if the account is gone
	// UploadEnds is the time after which nobody can begin to send bytes of the file.
	UploadEnds time.Time `json:"uploadEnds"`
}

// EventName implements events.Event.
func (Deleted) EventName() string { return EventDeleted }

// Unwanted is the event that a machine sends for the owner of a file, who does not want the file
// any more.
type Unwanted struct {
	events.FromMachine
	FileID uuid.UUID `json:"fileId" doc:"The file to delete"`
}

// EventName implements events.Event.
func (Unwanted) EventName() string { return EventUnwanted }

// Infected is the event that the scanner, a source of webhooks, has found something
// bad in a file.
type Infected struct {
	events.FromWebhook
	FileID  uuid.UUID `json:"fileId"`
	Finding string    `json:"finding,omitempty" doc:"What it is called"`
}

// EventName implements events.Event.
func (Infected) EventName() string { return EventInfected }
