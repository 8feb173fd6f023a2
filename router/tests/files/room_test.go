package files_test

import (
	"encoding/json"
	"net/http"
	"strings"

	"switchyard/internal/await"
	"switchyard/shared/files"
)

// takes waits until the user's files take so much. What is freed is so by a job.
func (d desk) takes(bytes int64, n int) {
	d.T.Helper()
	await.That(d.T, "the room is what it should be", func() bool {
		var u files.Usage
		return d.Call(http.MethodGet, "/api/files/usage", nil, &u) == http.StatusOK && u.Bytes == bytes && u.Files == n
	})
}

// checkDeletedRoom deletes f, the only file, whose URL works still: it counts, for bytes can arrive
// by it. Those of a file in parts cannot, and it counts no more.
func (d desk) checkDeletedRoom(f file) {
	d.T.Helper()
	if status := d.Call(http.MethodDelete, "/api/files/"+f.ID, nil, nil); status != http.StatusNoContent {
		d.T.Fatalf("delete: status %d", status)
	}
	d.takes(f.Size, 1)
	large, _ := d.register("large", files.PartSize+1, "")
	d.takes(f.Size+large.Size, 2)
	var next struct {
		Parts []struct{ Method, URL string }
	}
	if status := d.Call(http.MethodPost, "/api/files/"+large.ID+"/parts", map[string]any{}, &next); status != http.StatusOK || len(next.Parts) != 2 {
		d.T.Fatalf("parts: status %d, %+v", status, next)
	}
	d.Call(http.MethodDelete, "/api/files/"+large.ID, nil, nil)
	d.takes(f.Size, 1)
	req, err := http.NewRequestWithContext(d.T.Context(), next.Parts[1].Method, next.Parts[1].URL, strings.NewReader("x"))
	if err != nil {
		d.T.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.T.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		d.T.Errorf("a part of a deleted file: status %d, want 404", resp.StatusCode)
	}
}

// checkRepeat registers a file again and again, as whoever had no answer.
func (d desk) checkRepeat() {
	d.T.Helper()
	register := func(body, key string) (status int, id, location string) {
		d.T.Helper()
		resp := d.Ask(http.MethodPost, "/api/files", body, "Content-Type: application/json", "Idempotency-Key: "+key)
		var out struct {
			File   file
			Upload struct{ URL string }
			Errors []struct{ Location string }
		}
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
			d.T.Fatal(err)
		}
		if resp.StatusCode == http.StatusCreated && out.Upload.URL == "" {
			d.T.Errorf("the answer to %s does not say how to send the bytes", body)
		}
		if len(out.Errors) == 1 {
			location = out.Errors[0].Location
		}
		return resp.StatusCode, out.File.ID, location
	}
	const body = `{"name":"a","size":5}`
	_, first, _ := register(body, "one")
	if status, id, _ := register(`{"size": 5, "name": "a"}`, "one"); status != http.StatusCreated || id != first || id == "" {
		d.T.Errorf("repeated: status %d, file %s, want 201 and %s", status, id, first)
	}
	if status, _, location := register(`{"name":"b","size":5}`, "one"); status != http.StatusUnprocessableEntity || location != "header.Idempotency-Key" {
		d.T.Errorf("of another file: status %d at %q, want 422", status, location)
	}
	if status, _, _ := register(body, strings.Repeat("x", 256)); status != http.StatusUnprocessableEntity {
		d.T.Errorf("of 256 characters: status %d, want 422", status)
	}
	status, second, _ := register(body, "two")
	if status != http.StatusCreated || second == first {
		d.T.Errorf("another key: status %d, file %s", status, second)
	}
	for _, id := range []string{first, second} {
		if status := d.Call(http.MethodDelete, "/api/files/"+id, nil, nil); status != http.StatusNoContent {
			d.T.Errorf("delete: status %d", status)
		}
	}
}
