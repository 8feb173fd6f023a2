package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"switchyard/internal/lazy"
	"switchyard/internal/static"
)

// Assets are files that pages load: style, scripts, pictures. Each is served under a name
// that changes with its content, "/static/table.0123456789ab.css" for "table.css", so
// that browsers may keep it for ever. The kit has its own; a project keeps more in a
// service of its own, and serves them by a public page whose route is "GET /static/":
//
//	//go:embed static
//	var files embed.FS
//
//	assets, err := ui.NewAssets(files, "static")
//
// A script may import another one beside it as "./other.js"; it is served with the name that
// the other one has. Assets are safe for concurrent use.
type Assets struct {
	prefix string
	files  map[string]asset // by name
}

type asset struct {
	path    string
	content *static.Content
}

// NewAssets returns the files in the folder dir of files, and below; they are served
// below "/dir/". It fails if the media type of one is not known, or if a script imports one
// that is not there, or itself by others.
func NewAssets(files fs.FS, dir string) (*Assets, error) {
	a := &Assets{prefix: "/" + dir + "/", files: map[string]asset{}}
	contents := map[string][]byte{}
	err := fs.WalkDir(files, dir, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		contents[strings.TrimPrefix(at, dir+"/")], err = fs.ReadFile(files, at)
		return err
	})
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		err = errors.Join(err, a.add(name, contents))
	}
	if err != nil {
		return nil, fmt.Errorf("ui: assets in %s: %w", dir, err)
	}
	return a, nil
}

// add adds the file of this name, and before it those that it imports.
func (a *Assets) add(name string, contents map[string][]byte) error {
	if f, ok := a.files[name]; ok {
		if f.content == nil {
			return fmt.Errorf("%s imports itself", name)
		}
		return nil
	}
	ext := path.Ext(name)
	media, ok := mediaTypes()[ext]
	if !ok {
		return fmt.Errorf("%s: the media type of %q files is not known", name, ext)
	}
	a.files[name] = asset{} // is being added
	content := contents[name]
	if ext == ".js" {
		var err error
		if content, err = a.link(name, contents); err != nil {
			return err
		}
	}
	sum := sha256.Sum256(content)
	a.files[name] = asset{
		path:    a.prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext,
		content: static.New(media, content),
	}
	return nil
}

// imported matches what a line of a script imports from beside it.
var imported = lazy.Regexp{Source: `(?m)^(import (?:.* from )?|\} from )'\./([^']+)'`}

// link returns the script of this name with the paths of those that it imports.
func (a *Assets) link(name string, contents map[string][]byte) ([]byte, error) {
	var errs []error
	linked := imported.Get().ReplaceAllFunc(contents[name], func(line []byte) []byte {
		part := imported.Get().FindSubmatch(line)
		other := path.Join(path.Dir(name), string(part[2]))
		if _, ok := contents[other]; !ok {
			errs = append(errs, fmt.Errorf("%s imports %s, which is not there", name, other))
			return nil
		}
		errs = append(errs, a.add(other, contents))
		return fmt.Appendf(nil, "%s'%s'", part[1], a.Path(other))
	})
	return linked, errors.Join(errs...)
}

// mediaTypes are those of assets. The machine's own list may say anything.
func mediaTypes() map[string]string {
	return map[string]string{
		".avif":  "image/avif",
		".css":   "text/css; charset=utf-8",
		".gif":   "image/gif",
		".ico":   "image/x-icon",
		".jpg":   "image/jpeg",
		".js":    "text/javascript; charset=utf-8",
		".json":  "application/json",
		".png":   "image/png",
		".svg":   "image/svg+xml",
		".txt":   "text/plain; charset=utf-8",
		".webp":  "image/webp",
		".woff2": "font/woff2",
	}
}

// Path returns where the asset of this name is served, "" if there is none.
func (a *Assets) Path(name string) string { return a.files[name].path }

// ServeHTTP answers a request for an asset. If the request has the name of an older content, the
// answer has the content of now, and browsers may not keep it: while a new release replaces an
// old one, browsers have pages of both.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, a.prefix)
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	found, ok := a.files[strings.TrimSuffix(stem, path.Ext(stem))+ext] // without the hash
	if !ok {
		http.Error(w, "There is nothing here.", http.StatusNotFound)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	if r.URL.Path == found.path {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	found.content.ServeHTTP(w, r)
}
