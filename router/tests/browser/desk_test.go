package browser

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// startDev runs the product as the README says, on a free port and with a state
// of its own, and returns the page's address. env is added to the environment.
func startDev(t *testing.T, env ...string) string {
	t.Helper()
	state := filepath.Join(t.TempDir(), "state")
	var out bytes.Buffer
	cmd := exec.CommandContext(context.Background(), "go", "run", "./router", "dev", "--port", "0", "--state", state, "--no-watch")
	cmd.Dir, cmd.Env = "../..", append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Cancel = nil
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			t.Log(out.String())
		}
	})
	var addresses struct{ App string }
	for deadline := time.Now().Add(15 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		b, err := os.ReadFile(filepath.Join(state, "dev.json"))
		if err == nil && json.Unmarshal(b, &addresses) == nil {
			return addresses.App
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("dev ended: %v\n%s", err, out.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("dev does not become ready:\n%s", out.String())
		}
	}
}

// browser starts a browser for this test alone.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.WindowSize(1100, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	// The first action starts the browser, which lives as long as its context.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

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

// Who uses the desk.
const (
	email    = "ada@example.com"
	password = "correct horse battery"
)

// signUp makes an account by the page's form, without JavaScript of ours.
func signUp(ctx context.Context, t *testing.T, app string) {
	t.Helper()
	err := chromedp.Do(ctx,
		chromedp.Navigate(app+"/"), // which leads to signing in
		chromedp.WaitVisible(chromedp.CSS(`form[action="/sign-in"]`)),
		chromedp.Navigate(app+"/sign-up"),
		chromedp.SendKeys(chromedp.CSS(`input[name=name]`), "Ada"),
		chromedp.SendKeys(chromedp.CSS(`input[name=email]`), email),
		chromedp.SendKeys(chromedp.CSS(`input[name=password]`), password),
		chromedp.Click(chromedp.CSS(`form[action="/sign-up"] button[type=submit]`)),
		chromedp.WaitVisible(chromedp.CSS(`input[type=file]`)),
	)
	if err != nil {
		t.Fatalf("sign up: %v", err)
	}
}

// signIn returns a client that is signed in to the API.
func signIn(t *testing.T, app string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	body := `{"email":"` + email + `","password":"` + password + `"}`
	resp, err := client.Post(app+"/api/auth/sign-in/email", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("sign in: status %d", resp.StatusCode)
	}
	return client
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
	app := startDev(t)
	ctx := browser(t)
	path, sum := photo(t)
	signUp(ctx, t, app)
	client := signIn(t, app)

	t.Run("with JavaScript", func(t *testing.T) {
		err := chromedp.Do(ctx,
			chromedp.Navigate(app+"/"),
			chromedp.SetUploadFiles(chromedp.CSS(`input[type=file]`), []string{path}),
			chromedp.WaitVisible(chromedp.CSS(`[data-status=ready] img`)),
		)
		if err != nil {
			t.Fatal(err)
		}
		_, err = chromedp.Run(ctx, chromedp.Poll[bool](`document.querySelector('[data-status=ready] img')?.naturalWidth === 512`))
		if err != nil {
			t.Fatalf("the thumbnail is not shown: %v", err)
		}
		shown, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(`[data-status=ready]`)))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Foto – été.jpg", "3000", sum[:8]} {
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

	t.Run("an empty file", func(t *testing.T) {
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

	t.Run("delete without JavaScript", func(t *testing.T) {
		err := chromedp.Do(ctx,
			disableScripts(),
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

func disableScripts() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}
