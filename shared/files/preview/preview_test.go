package preview_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/files/preview"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestPreview(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	key := files.PinnedKeys([16]byte{1}) + "1"
	if err := d.Bucket.Put(t.Context(), key, strings.NewReader("<b>hello"), 8, "text/html"); err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]struct {
		form   preview.Form
		served string
	}{
		"image/png":                        {preview.Picture, "image/png"},
		"text/plain; charset=utf-16":       {preview.Text, "text/plain; charset=utf-8"},
		"application/json":                 {preview.Text, "text/plain; charset=utf-8"},
		"application/pdf":                  {preview.PDF, "application/pdf"},
		"audio/mpeg":                       {preview.Audio, "audio/mpeg"},
		"video/mp4":                        {preview.Video, "video/mp4"},
		"text/html":                        {},
		"text/html; charset=utf-8":         {},
		"image/svg+xml":                    {},
		"application/xhtml+xml":            {},
		"text/xml":                         {},
		"text/javascript":                  {},
		"application/octet-stream":         {},
		"image/png, text/html":             {},
		"":                                 {},
		"multipart/x-mixed-replace; a=b":   {},
		"application/vnd.mozilla.xul+xml":  {},
		"image/svg+xml; image/png":         {},
		"application/x-shockwave-flash":    {},
		"text/xsl":                         {},
		"message/rfc822":                   {},
		"application/x-msdownload; x=html": {},
	} {
		f := files.File{Name: "a\".html", Type: kind, Size: 8, Status: files.Ready, Key: key}
		p, err := preview.Of(t.Context(), d.Bucket, f, time.Minute)
		if err != nil || p.Form != want.form || (p.URL == "") != (want.form == "") {
			t.Errorf("%s: %+v, %v", kind, p, err)
		}
		if p.URL == "" {
			continue
		}
		resp, err := http.Get(p.URL)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != want.served || !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "inline;") {
			t.Errorf("%s: %d %v", kind, resp.StatusCode, resp.Header)
		}
		if !strings.HasPrefix(p.URL, d.Bucket.Origin()+"/") {
			t.Errorf("%s is shown from %s", kind, p.URL)
		}
		for name, hidden := range map[string]files.File{
			"uploading": {Type: kind, Status: files.Uploading, Key: key}, "processing": {Type: kind, Status: files.Processing, Key: key},
			"failed": {Type: kind, Status: files.Failed, Key: key}, "replaceable": {Type: kind, Status: files.Ready, Key: files.Uploads + "1"},
		} {
			if p, err := preview.Of(t.Context(), d.Bucket, hidden, time.Minute); err != nil || p != (preview.Preview{}) {
				t.Errorf("%s, %s: %+v, %v", kind, name, p, err)
			}
		}
	}
	for _, f := range []files.File{
		{Type: "text/plain", Size: preview.MaxText + 1},
		{Type: "image/png", Size: preview.MaxPicture + 1},
		{Type: "image/png", Size: 8, Width: 50_000, Height: 50_000},
	} {
		f.Status, f.Key = files.Ready, key
		if p, err := preview.Of(t.Context(), d.Bucket, f, time.Minute); err != nil || p.Form != preview.None {
			t.Errorf("large %+v: %+v, %v", f, p, err)
		}
	}
}
