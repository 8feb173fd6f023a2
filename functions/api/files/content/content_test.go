package content_test

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"switchyard/functions/api/files/content"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestContent(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := content.Function{Files: d.Files, Bucket: d.Bucket}
	file := d.Upload(t, "Grüße.html", []byte("<script>"))
	in := &content.Input{ID: file.ID}
	if _, err := f.Handle(authtest.As(t, d.User), in); !fault.Is(err, fault.Conflict) {
		t.Errorf("bytes that may still be replaced: %v, want Conflict", err)
	}
	key := files.NewPinnedKey(file.ID)
	if err := d.Bucket.Copy(t.Context(), file.Key, key); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Files.Pin(t.Context(), d.User.ID, file.ID, key); err != nil {
		t.Fatal(err)
	}
	out, err := f.Handle(authtest.As(t, d.User), in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, out.Location, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "<script>" {
		t.Errorf("got %q, %v", body, err)
	}
	kind, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition"))
	if err != nil || kind != "attachment" || params["filename"] != "Grüße.html" {
		t.Errorf("disposition %s %v, %v", kind, params, err)
	}
}

// What a page shows is led to, to be shown, and nothing else.
func TestInline(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := content.Function{Files: d.Files, Bucket: d.Bucket}
	for kind, want := range map[string]string{"video/mp4": "inline", "text/html": "attachment"} {
		file := d.Ready(t, "a", []byte("<script>"), files.Result{Type: kind})
		out, err := f.Handle(authtest.As(t, d.User), &content.Input{ID: file.ID, Inline: true})
		if err != nil {
			t.Fatal(err)
		}
		address, err := url.Parse(out.Location)
		if got, _, _ := strings.Cut(address.Query().Get("response-content-disposition"), ";"); err != nil || got != want {
			t.Errorf("%s: %s, want %s: %v", kind, got, want, err)
		}
	}
}

func TestNoContent(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := content.Function{Files: d.Files, Bucket: d.Bucket}
	ctx := authtest.As(t, d.User)
	if _, err := f.Handle(ctx, &content.Input{ID: d.Create(t, "a", []byte("x")).ID}); !fault.Is(err, fault.Conflict) {
		t.Errorf("uploading: %v, want Conflict", err)
	}
	if _, err := f.Handle(ctx, &content.Input{ID: uuid.Must(uuid.NewV7())}); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown: %v, want NotFound", err)
	}
	other := authtest.As(t, authtest.User(t, d.DB))
	if out, err := f.Handle(other, &content.Input{ID: d.Upload(t, "a", nil).ID}); !fault.Is(err, fault.NotFound) {
		t.Errorf("of a second user: %+v, %v, want NotFound", out, err)
	}
}
