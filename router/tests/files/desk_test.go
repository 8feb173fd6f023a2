package files_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/await"
	"switchyard/router/internal/routertest"
)

// file is a file as the API shows it.
type file struct {
	ID        string
	Name      string
	Size      int64
	Type      string
	Status    string
	Reason    string
	SHA256    string
	Width     int
	Height    int
	Thumbnail bool
	Excerpt   string // as Steps, only if the file was asked for by its id
	Steps     []struct{ Name, State, Detail, BeganAt, EndedAt string }
}

// history returns in one line what was done with the file, and how far it is.
func (f file) history() string {
	steps := make([]string, len(f.Steps))
	for i, s := range f.Steps {
		steps[i] = s.Name + " " + s.State
	}
	return strings.Join(steps, ", ")
}

// register asks for a place for the bytes of name.
func (d desk) register(name string, size int, mime string) (f file, upload func(body []byte) int) {
	d.T.Helper()
	var out struct {
		File   file
		Upload struct {
			Method, URL string
			Headers     map[string]string
		}
	}
	in := map[string]any{"name": name, "size": size}
	if mime != "" {
		in["type"] = mime
	}
	if status := d.Call("POST", "/api/files", in, &out); status != http.StatusCreated {
		d.T.Fatalf("register %q: status %d", name, status)
	}
	return out.File, func(body []byte) int {
		req, err := http.NewRequestWithContext(d.T.Context(), out.Upload.Method, out.Upload.URL, bytes.NewReader(body))
		if err != nil {
			d.T.Fatal(err)
		}
		for k, v := range out.Upload.Headers {
			req.Header.Set(k, v)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			d.T.Fatalf("upload %q: %v", name, err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
}

// upload registers, uploads and completes a file. An empty one needs no more than the first.
func (d desk) upload(name, mime string, body []byte) file {
	d.T.Helper()
	f, upload := d.register(name, len(body), mime)
	if len(body) == 0 {
		return f
	}
	if status := upload(body); status != http.StatusOK {
		d.T.Fatalf("upload %q: status %d", name, status)
	}
	if status := d.Call("POST", "/api/files/"+f.ID+"/complete", nil, nil); status != http.StatusAccepted {
		d.T.Fatalf("complete %q: status %d", name, status)
	}
	return f
}

// settled waits until the file is ready or has failed.
func (d desk) settled(id string) file {
	d.T.Helper()
	var f file
	await.That(d.T, "file "+id+" is settled", func() bool {
		f = file{}
		d.Call("GET", "/api/files/"+id, nil, &f)
		return f.Status == "ready" || f.Status == "failed"
	})
	return f
}

// fetch follows the redirect of one of the file's links.
func (d desk) fetch(path string) (body []byte, header http.Header) {
	d.T.Helper()
	redirect := d.Send(http.MethodGet, path, nil)
	_ = redirect.Body.Close()
	req, err := http.NewRequestWithContext(d.T.Context(), http.MethodGet, redirect.Header.Get("Location"), nil)
	if err != nil {
		d.T.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req) // without the cookies: it is another host
	if err != nil {
		d.T.Fatalf("GET %s: status %d, and then %v", path, redirect.StatusCode, err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		d.T.Fatalf("GET %s: %d %v", path, resp.StatusCode, err)
	}
	return body, resp.Header
}

func TestFileDesk(t *testing.T) {
	t.Parallel()
	d := start(t, routertest.Environment(t, routertest.StartInngest(t)))
	photo := jpegPhoto(t, 3000, 2000)
	telephone := located(jpegPhoto(t, 400, 300))
	picture := pngPicture(t, 700, 300)

	tests := map[string]struct {
		name, mime string
		body       []byte
		want       file // Name, Size and SHA256 follow from the above
		reason     string
		history    string // of what follows the upload; defaults to that of a file that is no picture
	}{
		"a photo of several megabytes": {
			name: "photo.jpg", mime: "image/jpeg", body: photo,
			want:    file{Type: "image/jpeg", Status: "ready", Width: 3000, Height: 2000, Thumbnail: true},
			history: "pin done, digest done, picture done, finish done",
		},
		"a photo of a telephone that was held upright": {
			name: "IMG_1.jpg", mime: "image/jpeg", body: telephone,
			want:    file{Type: "image/jpeg", Status: "ready", Width: 300, Height: 400, Thumbnail: true},
			history: "pin done, digest done, picture done, finish done",
		},
		"a picture under a false name and type": {
			name: "letter.txt", mime: "text/plain", body: picture,
			want:    file{Type: "image/png", Status: "ready", Width: 700, Height: 300, Thumbnail: true},
			history: "pin done, digest done, picture done, finish done",
		},
		"a text": {
			name: "text.txt", mime: "text/plain", body: []byte("Hello, desk.\n"),
			want: file{Type: "text/plain; charset=utf-8", Status: "ready", Excerpt: "Hello, desk."},
		},
		"an empty file": {
			name: "empty", body: nil, want: file{Type: "text/plain", Status: "ready"},
		},
		"a path for a name": {
			name: "../../etc/passwd", body: []byte("root"), want: file{Type: "text/plain; charset=utf-8", Status: "ready", Excerpt: "root"},
		},
		"255 characters": {
			name: strings.Repeat("é", 255), body: []byte("x"), want: file{Type: "text/plain; charset=utf-8", Status: "ready", Excerpt: "x"},
		},
		"a truncated picture": {
			name: "cut.png", mime: "image/png", body: picture[:len(picture)/2],
			want: file{Type: "image/png", Status: "failed"}, reason: "damaged",
			history: "pin done, digest done, picture failed, finish failed",
		},
		"an image bomb": {
			name: "bomb.png", mime: "image/png", body: pngBomb(50_000, 50_000),
			want:    file{Type: "image/png", Status: "ready", Width: 50_000, Height: 50_000},
			history: "pin done, digest done, picture done, finish done",
		},
	}
	for name, tt := range tests { //nolint:paralleltest // the list of all is looked at after them
		t.Run(name, func(t *testing.T) {
			d := desk{d.In(t)}
			got := d.settled(d.upload(tt.name, tt.mime, tt.body).ID)
			sum := sha256.Sum256(tt.body)
			tt.want.ID, tt.want.Name, tt.want.Size, tt.want.SHA256 = got.ID, tt.name, int64(len(tt.body)), hex.EncodeToString(sum[:])
			if !strings.Contains(got.Reason, tt.reason) || (tt.reason == "") != (got.Reason == "") {
				t.Errorf("reason %q, want something with %q", got.Reason, tt.reason)
			}
			if tt.history == "" {
				tt.history = "pin done, digest done, finish done"
			}
			if !strings.HasPrefix(got.history(), "created done, ") || !strings.HasSuffix(got.history(), ", "+tt.history) {
				t.Errorf("history %q, want it to end with %q", got.history(), tt.history)
			}
			tt.want.Reason, tt.want.Steps = got.Reason, got.Steps
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			body, header := d.fetch("/api/files/" + got.ID + "/content")
			if !bytes.Equal(body, tt.body) || !strings.HasPrefix(header.Get("Content-Disposition"), "attachment") {
				t.Errorf("the content is not what was sent, or would be shown in the page: %v", header)
			}
			if tt.want.Thumbnail {
				d.checkThumbnail(got)
			}
		})
	}
	d.checkPaging(len(tests))
}

// checkThumbnail opens the file's thumbnail.
func (d desk) checkThumbnail(f file) {
	d.T.Helper()
	body, _ := d.fetch("/api/files/" + f.ID + "/thumbnail")
	if bytes.Contains(body, []byte("Leica")) || bytes.Contains(body, []byte("Exif")) {
		d.T.Error("the thumbnail tells of the camera")
	}
	thumbnail, _, err := image.DecodeConfig(bytes.NewReader(body))
	if err != nil {
		d.T.Fatalf("the thumbnail does not open: %v", err)
	}
	if longest := max(thumbnail.Width, thumbnail.Height); longest != min(512, max(f.Width, f.Height)) {
		d.T.Errorf("the thumbnail is %d × %d", thumbnail.Width, thumbnail.Height)
	}
}

// checkPaging walks the list in small pages and then deletes all of it.
func (d desk) checkPaging(total int) {
	d.T.Helper()
	var all []file
	for cursor := ""; ; {
		var page struct {
			Files      []file
			NextCursor string
		}
		if status := d.Call("GET", "/api/files?limit=3&cursor="+url.QueryEscape(cursor), nil, &page); status != http.StatusOK {
			d.T.Fatalf("list: status %d", status)
		}
		all = append(all, page.Files...)
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	seen := map[string]bool{}
	for _, f := range all {
		seen[f.ID] = true
	}
	if len(all) != total || len(seen) != total {
		d.T.Errorf("the pages hold %d files, %d different; want %d", len(all), len(seen), total)
	}
	for _, f := range all {
		if status := d.Call("DELETE", "/api/files/"+f.ID, nil, nil); status != http.StatusNoContent {
			d.T.Errorf("delete: status %d", status)
		}
		if status := d.Call("GET", "/api/files/"+f.ID, nil, nil); status != http.StatusNotFound {
			d.T.Errorf("a deleted file answers %d", status)
		}
	}
}

// TestUploadAgain sends other bytes to the URL of a file, which works for 15 minutes: what
// is served stays what was checked.
func TestUploadAgain(t *testing.T) {
	t.Parallel()
	d := start(t, routertest.Environment(t, routertest.StartInngest(t)))
	f, upload := d.register("a.txt", 5, "text/plain")
	if status := upload([]byte("hello")); status != http.StatusOK {
		t.Fatalf("upload: status %d", status)
	}
	if status := upload([]byte("other")); status != http.StatusPreconditionFailed {
		t.Errorf("another upload before the file is completed: status %d", status)
	}
	if status := d.Call("POST", "/api/files/"+f.ID+"/complete", nil, nil); status != http.StatusAccepted {
		t.Fatalf("complete: status %d", status)
	}
	f = d.settled(f.ID)
	if status := upload([]byte("other")); status != http.StatusOK {
		t.Errorf("another upload when nothing is there any more: status %d", status)
	}
	sum := sha256.Sum256([]byte("hello"))
	if body, _ := d.fetch("/api/files/" + f.ID + "/content"); string(body) != "hello" || f.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("what is served is %q, the checksum %s", body, f.SHA256)
	}
	d.checkDeletedRoom(f)
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	d := start(t, routertest.Environment(t, ""))
	d.checkRepeat()
	unsent, _ := d.register("unsent", 3, "")
	short, upload := d.register("short", 3, "")
	if status := upload([]byte("ab")); status == http.StatusOK {
		t.Error("the bucket took a body of another size than was signed")
	}
	if status := upload([]byte("abc")); status != http.StatusOK {
		t.Fatalf("upload: status %d", status)
	}
	if status := d.Call("POST", "/api/files/"+short.ID+"/complete", nil, nil); status != http.StatusAccepted {
		t.Fatalf("complete: status %d", status)
	}

	const missing = "01890000-0000-7000-8000-000000000000"
	tests := map[string]struct {
		method, path string
		in           any
		status       int
	}{
		"malformed JSON":          {"POST", "/api/files", `{"name":`, 400},
		"no body":                 {"POST", "/api/files", nil, 400},
		"wrong type":              {"POST", "/api/files", `{"name":7,"size":1}`, 422},
		"unknown field":           {"POST", "/api/files", `{"name":"a","size":1,"owner":"me"}`, 422},
		"no name":                 {"POST", "/api/files", `{"name":"","size":1}`, 422},
		"256 characters":          {"POST", "/api/files", map[string]any{"name": strings.Repeat("x", 256), "size": 1}, 422},
		"negative size":           {"POST", "/api/files", `{"name":"a","size":-1}`, 422},
		"too large a file":        {"POST", "/api/files", `{"name":"a","size":99999999999999}`, 422},
		"oversize body":           {"POST", "/api/files", `{"name":"` + strings.Repeat("x", 2<<20) + `","size":1}`, 413},
		"bad id":                  {"GET", "/api/files/7", nil, 422},
		"unknown id":              {"GET", "/api/files/" + missing, nil, 404},
		"bad cursor":              {"GET", "/api/files?cursor=xyz", nil, 400},
		"bad limit":               {"GET", "/api/files?limit=1000", nil, 422},
		"bad status":              {"GET", "/api/files?status=lost", nil, 422},
		"a zero byte in a query":  {"GET", "/api/files?cursor=%00", nil, 422},
		"complete without object": {"POST", "/api/files/" + unsent.ID + "/complete", nil, 409},
		"complete twice":          {"POST", "/api/files/" + short.ID + "/complete", nil, 409},
		"complete unknown":        {"POST", "/api/files/" + missing + "/complete", nil, 404},
		"content of the unsent":   {"GET", "/api/files/" + unsent.ID + "/content", nil, 409},
		"no thumbnail":            {"GET", "/api/files/" + unsent.ID + "/thumbnail", nil, 404},
		"delete unknown":          {"DELETE", "/api/files/" + missing, nil, 404},
		"no such route":           {"GET", "/api/nothing", nil, 404},
		"wrong method":            {"PUT", "/api/files", nil, 405},
	}
	if routertest.OnLambda() { // there API Gateway knows the routes, and answers so itself
		delete(tests, "no such route")
		delete(tests, "wrong method")
	}
	for name, tt := range tests { //nolint:paralleltest // the list of all is looked at after them
		t.Run(name, func(t *testing.T) {
			d := desk{d.In(t)}
			var problem struct {
				Title, Detail string
				Status        int
			}
			if status := d.Call(tt.method, tt.path, tt.in, &problem); status != tt.status {
				t.Errorf("status %d, want %d: %+v", status, tt.status, problem)
			}
			if problem.Status != tt.status || problem.Title == "" || problem.Detail == "" {
				t.Errorf("not a clear problem: %+v", problem)
			}
		})
	}

	var page struct{ Files []file }
	d.Call("GET", "/api/files", nil, &page)
	if len(page.Files) != 2 {
		t.Errorf("bad input has changed something: %+v", page.Files)
	}
}
