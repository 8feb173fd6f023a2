package file

import (
	"net/url"
	"strconv"
	"time"

	"switchyard/shared/files"
	"switchyard/shared/files/place"
	"switchyard/shared/files/preview"
	"switchyard/shared/files/shares"
	"switchyard/shared/ui"
)

// view is what the page shows.
type view struct {
	files.Details

	place   place.Place // where in the list the reader came from
	preview preview.Preview
	form    ui.Form // that renames it
	shares  []shares.Share
}

// framed reports whether the preview is a page of its own, from the bucket; or may be once the
// file is ready: a page that is open already shows it then.
func (v view) framed() bool {
	switch v.Status {
	case files.Uploading, files.Processing:
		return true
	case files.Ready, files.Failed:
	}
	return v.preview.Form == preview.PDF || v.preview.Form == preview.Text
}

// bytes is where the bytes are, for as long as the page works.
func (v view) bytes() string { return "/api/files/" + v.ID.String() + "/content?inline=true" }

// key tells this preview from another one: its address is another one each time.
func (v view) key() string { return string(v.Status) + " " + v.Key }

// nothing says why there is no preview.
func (v view) nothing() string {
	switch v.Status {
	case files.Uploading:
		return "The bytes have not arrived yet."
	case files.Processing:
		return "It is being looked at. The preview appears here."
	case files.Failed:
		return v.Reason
	case files.Ready:
	}
	return "There is no preview of a file like this. Download it to open it."
}

// title returns what a step is called: while it runs, and after that.
func title(s files.Step) string {
	titles, ok := map[files.StepName][2]string{
		files.StepCreated:  {"Registering", "Registered"},
		files.StepUploaded: {"Uploading", "Uploaded"},
		files.StepPin:      {"Locking it against changes", "Locked against changes"},
		files.StepDigest:   {"Reading it", "Read from beginning to end"},
		files.StepPicture:  {"Making the thumbnail", "Thumbnail made"},
		files.StepFinish:   {"Finishing", "Finished"},
	}[s.Name]
	switch {
	case !ok:
		return string(s.Name)
	case s.State == files.StepDone:
		return titles[1]
	}
	return titles[0]
}

// when returns when step i began: with the day if that is another one than of the step before.
func (v view) when(i int) string {
	at := v.Steps[i].BeganAt
	if i > 0 && v.Steps[i-1].BeganAt.Format(time.DateOnly) == at.Format(time.DateOnly) {
		return at.Format("15:04:05")
	}
	return at.Format("2 Jan 2006, 15:04:05 UTC")
}

// news reports whether step i has something to say that the step before has not said.
func (v view) news(i int) bool {
	return v.Steps[i].Detail != "" && (i == 0 || v.Steps[i-1].Detail != v.Steps[i].Detail)
}

// took returns how long a step took, "" if that was less than a second, or it is not over.
func took(s files.Step) string {
	d := s.EndedAt.Sub(s.BeganAt).Round(time.Second)
	if s.EndedAt.IsZero() || d < time.Second {
		return ""
	}
	return d.String()
}

// shareable reports whether there can be another link to the file.
func (v view) shareable() bool {
	return v.Status == files.Ready && len(v.shares) < shares.MaxOfFile
}

// sharing is the form that makes a link.
func (v view) sharing() ui.Form { return ui.Form{Name: "share", Values: url.Values{"hours": {"168"}}} }

// lives are how long a link can work, in hours.
func lives() []ui.Choice {
	return []ui.Choice{
		{Value: "1", Label: "an hour"},
		{Value: "24", Label: "a day"},
		{Value: "168", Label: "a week"},
		{Value: "720", Label: "30 days"},
		{Value: "0", Label: "as long as it is not revoked"},
	}
}

// counted returns a number of things.
func counted(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.FormatInt(n, 10) + " " + thing + "s"
}
