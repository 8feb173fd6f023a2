package shares_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"switchyard/internal/names/namestest"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/fault"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
	"switchyard/shared/files/shares"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func newShare(t *testing.T, d *filestest.Desk, f files.File, n shares.New) (shares.Share, string) {
	t.Helper()
	s, token, err := d.Shares.Create(t.Context(), d.User.ID, f.ID, n)
	if err != nil {
		t.Fatal(err)
	}
	return s, token
}

func TestShare(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Ready(t, "a.txt", []byte("hello"), files.Result{Type: "text/plain"})
	made, token := newShare(t, d, f, shares.New{})
	v, err := d.Shares.Visit(t.Context(), token)
	if err != nil || v.FileID != f.ID || v.Owner != d.User.ID || v.Protected || !v.Admits("") {
		t.Fatalf("visit %+v, %v", v, err)
	}
	for _, what := range []shares.Counted{shares.Views, shares.Views, shares.Downloads} {
		if err := d.Shares.Count(t.Context(), v, what); err != nil {
			t.Fatal(err)
		}
	}
	list, err := d.Shares.List(t.Context(), d.User.ID, f.ID)
	if err != nil || len(list) != 1 || list[0].Views != 2 || list[0].Downloads != 1 {
		t.Errorf("list %+v, %v", list, err)
	}
	if err := d.Shares.Revoke(t.Context(), d.User.ID, f.ID, made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Shares.Visit(t.Context(), token); !fault.Is(err, fault.NotFound) {
		t.Errorf("after it is revoked: %v", err)
	}
	if err := d.Shares.Count(t.Context(), v, shares.Views); !fault.Is(err, fault.NotFound) {
		t.Errorf("counted after it is revoked: %v", err)
	}
	var told int
	if err := d.DB.QueryRow(t.Context(), `SELECT count(*) FROM live_message WHERE name = 'shares'`).Scan(&told); err != nil || told != 5 {
		t.Errorf("its owner was told %d times, %v; want 5", told, err)
	}
}

// Nothing that the database has opens a link.
func TestTokenIsNotKept(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	_, token := newShare(t, d, d.Ready(t, "a", []byte("x"), files.Result{}), shares.New{Password: "correct horse"})
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 32 {
		t.Fatalf("token %q, %v", token, err)
	}
	var row string
	if err := d.DB.QueryRow(t.Context(), `SELECT s::text FROM file_share s`).Scan(&row); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{token, string(raw), "correct horse"} {
		if strings.Contains(row, secret) {
			t.Errorf("the row %q has a secret", row)
		}
	}
}

func TestWrongTokens(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	_, token := newShare(t, d, d.Ready(t, "a", []byte("x"), files.Result{}), shares.New{})
	other := []byte(token)
	other[0] ^= 1
	var messages []string
	for _, wrong := range []string{"", "x", token[:42], token + "A", string(other), strings.ToLower(token), token + "=", "%00", strings.Repeat("A", 43)} {
		_, err := d.Shares.Visit(t.Context(), wrong)
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v, want NotFound", wrong, err)
		}
		messages = append(messages, fault.Of(err).Message)
	}
	if slices.Sort(messages); messages[0] != messages[len(messages)-1] {
		t.Errorf("they are told apart: %q", slices.Compact(messages))
	}
}

func TestEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, d *filestest.Desk, f files.File){
		"expired": func(t *testing.T, d *filestest.Desk, _ files.File) {
			t.Helper()
			if _, err := d.DB.Exec(t.Context(), `UPDATE file_share SET expires_at = now() - interval '1 second'`); err != nil {
				t.Fatal(err)
			}
		},
		"the file is deleted": func(t *testing.T, d *filestest.Desk, f files.File) {
			t.Helper()
			if err := d.Files.Delete(t.Context(), d.Events, d.User.ID, f.ID); err != nil {
				t.Fatal(err)
			}
		},
		"the account is deleted": func(t *testing.T, d *filestest.Desk, _ files.File) {
			t.Helper()
			authtest.Delete(t, d.DB, d.User)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := filestest.New(t)
			f := d.Ready(t, "a", []byte("x"), files.Result{})
			soon := time.Now().Add(time.Hour)
			_, token := newShare(t, d, f, shares.New{ExpiresAt: &soon})
			if _, err := d.Shares.Visit(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			end(t, d, f)
			if _, err := d.Shares.Visit(t.Context(), token); !fault.Is(err, fault.NotFound) {
				t.Errorf("got %v, want NotFound", err)
			}
		})
	}
}

// While the owner is banned, the link cannot be told from one that is not there.
func TestBanned(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Ready(t, "a", []byte("x"), files.Result{})
	_, token := newShare(t, d, f, shares.New{})
	_, none := d.Shares.Visit(t.Context(), strings.Repeat("A", 43))
	for _, banned := range []bool{true, false} {
		authtest.Ban(t, d.DB, d.User, banned)
		_, err := d.Shares.Visit(t.Context(), token)
		if banned && (!fault.Is(err, fault.NotFound) || fault.Of(err).Message != fault.Of(none).Message) || !banned && err != nil {
			t.Errorf("banned %t: %v", banned, err)
		}
	}
}

// The users' table and its columns may have other names.
func TestNames(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Ready(t, "a", []byte("x"), files.Result{})
	_, token := newShare(t, d, f, shares.New{})
	authtest.Ban(t, d.DB, d.User, false)
	n := namestest.Parse(t, namestest.Everything)
	namestest.Rename(t, d.DB, n)
	s, err := shares.Open(t.Context(), d.DB, config.AuthNames{Names: n}, d.Files, d.Live, nil, config.Site{})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Visit(t.Context(), token); err != nil || v.FileID != f.ID {
		t.Errorf("got %+v, %v", v, err)
	}
	if _, err := d.DB.Exec(t.Context(), `UPDATE people SET u_banned = true`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Visit(t.Context(), token); !fault.Is(err, fault.NotFound) {
		t.Errorf("banned: %v", err)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	past, far := time.Now().Add(-time.Second), time.Now().Add(400*24*time.Hour)
	ready := d.Ready(t, "a", []byte("x"), files.Result{})
	stranger := authtest.User(t, d.DB)
	for name, tt := range map[string]struct {
		owner string
		file  uuid.UUID
		n     shares.New
		want  fault.Kind
	}{
		"short password":  {d.User.ID, ready.ID, shares.New{Password: "1234567"}, fault.Invalid},
		"long password":   {d.User.ID, ready.ID, shares.New{Password: strings.Repeat("x", 73)}, fault.Invalid},
		"expired":         {d.User.ID, ready.ID, shares.New{ExpiresAt: &past}, fault.Invalid},
		"far away":        {d.User.ID, ready.ID, shares.New{ExpiresAt: &far}, fault.Invalid},
		"not ready":       {d.User.ID, d.Create(t, "b", []byte("x")).ID, shares.New{}, fault.Conflict},
		"no file":         {d.User.ID, uuid.New(), shares.New{}, fault.NotFound},
		"somebody else's": {stranger.ID, ready.ID, shares.New{}, fault.NotFound},
	} {
		if _, _, err := d.Shares.Create(t.Context(), tt.owner, tt.file, tt.n); !fault.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	made, _ := newShare(t, d, ready, shares.New{})
	if list, err := d.Shares.List(t.Context(), stranger.ID, ready.ID); err != nil || len(list) != 0 {
		t.Errorf("a stranger sees %+v, %v", list, err)
	}
	if err := d.Shares.Revoke(t.Context(), stranger.ID, ready.ID, made.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger revokes: %v", err)
	}
}

// However many are made at once, a file has no more links than it may have.
func TestBound(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	f := d.Ready(t, "a", []byte("x"), files.Result{})
	var all sync.WaitGroup
	for range 2 * shares.MaxOfFile {
		all.Go(func() {
			if _, _, err := d.Shares.Create(t.Context(), d.User.ID, f.ID, shares.New{}); err != nil && !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if list, err := d.Shares.List(t.Context(), d.User.ID, f.ID); err != nil || len(list) != shares.MaxOfFile {
		t.Errorf("%d links, %v", len(list), err)
	}
	var n int
	if err := d.DB.QueryRow(t.Context(), `SELECT count(*) FROM file_share`).Scan(&n); err != nil || n != shares.MaxOfFile {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	var site config.Site
	if err := site.Origin.UnmarshalText([]byte("https://desk.example")); err != nil {
		t.Fatal(err)
	}
	s, err := shares.Open(t.Context(), d.DB, config.AuthNames{}, d.Files, d.Live, nil, site)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Link("abc"); got != "https://desk.example/s/abc" {
		t.Errorf("got %s", got)
	}
	if got := d.Shares.Link("abc"); got != "/s/abc" {
		t.Errorf("without an address: %s", got)
	}
}
