package files

// Kind is what people call a file, by its type. The database computes it (see the column kind).
type Kind string

// The kinds.
const (
	Picture  Kind = "picture"
	Audio    Kind = "audio"
	Video    Kind = "video"
	Document Kind = "document" // a text, a PDF, or of an office program
	Other    Kind = "other"
)

// Kinds returns all kinds.
func Kinds() []Kind { return []Kind{Picture, Audio, Video, Document, Other} }
