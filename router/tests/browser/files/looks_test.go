package files_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"switchyard/router/tests/browser/rig"
)

// maxWeight is what a page may weigh at the first visit, with all that it loads but what is
// shown of the files themselves, in bytes.
const maxWeight = 60_000

// Nobody stumbles on any page of the desk, on any screen, empty and with files of several
// types. The pictures that are taken then are those that the README shows.
func TestPagesLook(t *testing.T) {
	t.Parallel()
	app, tab := rig.StartDev(t), rig.Browser(t)
	visitor := rig.Visit(tab, t, app)
	rig.SignUp(tab, t, app)
	visitor.Weigh("/", maxWeight)
	visitor.Look("list-empty", "/")

	client, ids := rig.SignIn(t, app), map[string]string{}
	for _, s := range samples(t) {
		ids[s.name] = upload(t, client, app, s.name, string(s.content))
	}
	visitor.Look("list", "/")
	visitor.Picture("readme-list", "light")
	visitor.Picture("readme-phone", "phone")
	visitor.Look("list-grid", "/?view=grid")
	visitor.Look("list-failed", "/?status=failed")
	visitor.Look("list-none", "/?status=uploading")
	for name, id := range ids {
		visitor.Look("file-"+word(name), "/files/"+id)
	}
	shares := app + "/api/files/" + ids["Hills at dawn.jpg"] + "/shares"
	var open, locked struct{ URL string }
	call(t, client, http.MethodPost, shares, map[string]any{}, &open)
	call(t, client, http.MethodPost, shares, map[string]any{"password": "over the hills", "expiresAt": time.Now().Add(time.Hour)}, &locked)
	visitor.Look("file-shared", "/files/"+ids["Hills at dawn.jpg"])
	visitor.Picture("readme-file", "dark")
	visitor.Look("share", strings.TrimPrefix(open.URL, app))
	visitor.Look("share-locked", strings.TrimPrefix(locked.URL, app))
	visitor.Look("share-gone", "/s/0123456789")
	visitor.Look("file-gone", "/files/0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b")
}

// word returns what of a file's name can stand in the name of another.
func word(name string) string {
	word, _, _ := strings.Cut(strings.ToLower(strings.TrimSuffix(name, filepath.Ext(name))), " ")
	if strings.IndexFunc(word, func(r rune) bool { return r > unicode.MaxASCII }) >= 0 {
		return "foreign"
	}
	return word
}
