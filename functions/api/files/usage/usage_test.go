package usage_test

import (
	"testing"

	"switchyard/functions/api/files/usage"
	"switchyard/shared/auth"
	"switchyard/shared/auth/authtest"
	"switchyard/shared/config"
	"switchyard/shared/files"
	"switchyard/shared/files/filestest"
)

func TestMain(m *testing.M) { filestest.Main(m) }

func TestUsage(t *testing.T) {
	t.Parallel()
	d := filestest.New(t)
	var err error
	if d.Files, err = files.Open(t.Context(), files.Quota{Bytes: 1 << 30, Files: 5}, config.AuthNames{}, d.DB, d.Live); err != nil {
		t.Fatal(err)
	}
	d.Create(t, "a", []byte("abc"))
	d.Create(t, "empty", nil)
	f, other := usage.Function{Files: d.Files}, authtest.User(t, d.DB)
	for _, tt := range []struct {
		user auth.User
		want files.Usage
	}{
		{d.User, files.Usage{Bytes: 3, Files: 2, MaxBytes: 1 << 30, MaxFiles: 5}},
		{other, files.Usage{MaxBytes: 1 << 30, MaxFiles: 5}},
	} {
		if out, err := f.Handle(authtest.As(t, tt.user), &usage.Input{}); err != nil || out.Body != tt.want {
			t.Errorf("got %+v, %v, want %+v", out, err, tt.want)
		}
	}
}
