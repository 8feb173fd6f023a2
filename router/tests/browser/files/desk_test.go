// Package files_test tests the file desk's page in a real browser.
package files_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"switchyard/router/tests/browser/rig"
)

// photo writes a JPEG of several megabytes and returns its path and checksum.
func photo(t *testing.T) (path, sum string) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	picture := image.NewNRGBA(image.Rect(0, 0, 3000, 2000))
	for i := range picture.Pix {
		picture.Pix[i] = byte(random.Uint32())
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, nil); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "Foto – été.jpg")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(b.Bytes())
	return path, hex.EncodeToString(digest[:])
}

func get(t *testing.T, client *http.Client, url string) []byte {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d %v: %s", url, resp.StatusCode, err, b)
	}
	return b
}

func remove(t *testing.T, client *http.Client, url string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		t.Fatalf("DELETE %s: %d", url, resp.StatusCode)
	}
}

func TestDropAPhoto(t *testing.T) {
	t.Parallel()
	app := rig.StartDev(t)
	ctx := rig.Browser(t)
	path, sum := photo(t)
	rig.SignUp(ctx, t, app)
	client := rig.SignIn(t, app)

	t.Run("with JavaScript", func(t *testing.T) { //nolint:paralleltest // one after another, in one window
		err := chromedp.Do(ctx,
			chromedp.Navigate(app+"/"),
			chromedp.SetUploadFiles(chromedp.CSS(`input[type=file]`), []string{path}),
			chromedp.WaitVisible(chromedp.CSS(`[data-status=ready] img`)),
		)
		if err != nil {
			t.Fatal(err)
		}
		_, err = chromedp.Run(ctx, chromedp.Poll[bool](`document.querySelector('[data-status=ready] img')?.naturalWidth === 512`, chromedp.WithPollingTimeout(rig.Patience)))
		if err != nil {
			t.Fatalf("the thumbnail is not shown: %v", err)
		}
		shown, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(`[data-status=ready]`)))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Foto – été.jpg", "3000"} {
			if !strings.Contains(shown, want) {
				t.Errorf("the page does not show %q: %q", want, shown)
			}
		}
	})

	files := list(t, client, app)
	if len(files) != 1 || files[0].SHA256 != sum {
		t.Fatalf("the API lists %+v, want one file with the checksum %s", files, sum)
	}
	content := sha256.Sum256(get(t, client, app+"/api/files/"+files[0].ID+"/content"))
	if hex.EncodeToString(content[:]) != sum {
		t.Error("the content is not what was sent")
	}

	t.Run("an empty file", func(t *testing.T) { //nolint:paralleltest // one after another, in one window
		empty := filepath.Join(t.TempDir(), "empty.txt")
		if err := os.WriteFile(empty, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		err := chromedp.Do(ctx,
			chromedp.SetUploadFiles(chromedp.CSS(`input[type=file]`), []string{empty}),
			chromedp.WaitVisible(chromedp.CSS(`[data-name="empty.txt"][data-status=ready]`)),
		)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(nil)
		files := list(t, client, app)
		if len(files) != 2 || files[0].SHA256 != hex.EncodeToString(sum[:]) {
			t.Fatalf("the API lists %+v", files)
		}
		if got := get(t, client, app+"/api/files/"+files[0].ID+"/content"); len(got) != 0 {
			t.Errorf("the content is %q", got)
		}
		remove(t, client, app+"/api/files/"+files[0].ID)
	})

	t.Run("delete without JavaScript", func(t *testing.T) { //nolint:paralleltest // one after another, in one window
		err := chromedp.Do(ctx,
			rig.DisableScripts(),
			chromedp.Navigate(app+"/"),
			chromedp.Click(chromedp.CSS(`[data-status=ready] form button`)),
			chromedp.WaitNotPresent(chromedp.CSS(`[data-status]`)),
		)
		if err != nil {
			t.Fatal(err)
		}
		if files := list(t, client, app); len(files) != 0 {
			t.Errorf("files are left: %+v", files)
		}
	})
}

type file struct{ ID, SHA256 string }

func list(t *testing.T, client *http.Client, app string) []file {
	t.Helper()
	var page struct{ Files []file }
	if err := json.Unmarshal(get(t, client, app+"/api/files"), &page); err != nil {
		t.Fatal(err)
	}
	return page.Files
}
