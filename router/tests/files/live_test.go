package files_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
)

// A page of one replica hears of each step of a file that another replica takes, in order,
// until the file is gone.
func TestAnotherReplicaIsTold(t *testing.T) {
	t.Parallel()
	if routertest.OnLambda() {
		t.Skip("there are no streams on AWS Lambda")
	}
	env := routertest.Environment(t, routertest.StartInngest(t))
	d := start(t, env)
	other := routertest.Start(t, catalog.Program(), append(slices.Clone(env), "PORT=0"))
	other.Cookie = d.Cookie
	stream := other.Send(http.MethodGet, "/live", nil)
	defer stream.Body.Close()
	if stream.StatusCode != http.StatusOK {
		t.Fatalf("status %d", stream.StatusCode)
	}
	f := d.upload("a.png", "image/png", pngPicture(t, 30, 20))
	var told []string
	lines := bufio.NewScanner(stream.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var message struct {
			Name string
			Data struct{ ID, Status, Step string }
		}
		if err := json.Unmarshal([]byte(data), &message); err != nil || message.Data.ID != f.ID {
			t.Fatalf("%s, %v", data, err)
		}
		told = append(told, strings.TrimSpace(message.Name+" "+message.Data.Status+" "+message.Data.Step))
		if message.Data.Status == "ready" && d.Call("DELETE", "/api/files/"+f.ID, nil, nil) != http.StatusNoContent {
			t.Error("it cannot be deleted")
		}
		if message.Name == "file-gone" {
			break
		}
	}
	// A step begins and ends.
	want := []string{
		"file uploading", "file processing", "file processing pin", "file processing digest", "file processing picture", "file ready", "file-gone",
	}
	if diff := cmp.Diff(want, slices.Compact(told)); diff != "" {
		t.Error(diff)
	}
}
