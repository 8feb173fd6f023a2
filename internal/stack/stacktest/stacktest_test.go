package stacktest_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"switchyard/internal/stack"
	"switchyard/internal/stack/stacktest"
)

type server struct {
	dir   string
	stops int
	err   error // of Stop
}

func (s *server) Stop() error {
	s.stops++
	return s.err
}

func TestServer(t *testing.T) {
	t.Parallel()
	for _, broken := range []error{nil, errors.New("broken")} {
		var got *server
		shared := stacktest.Server[*server]{Name: "shared", Start: func(_ context.Context, o stack.Options) (*server, error) {
			return &server{dir: o.Dir, err: broken}, nil
		}}
		code := shared.Run(func() int {
			first, err1 := shared.Get(t.Context())
			second, err2 := shared.Get(t.Context())
			if err1 != nil || err2 != nil || first != second {
				t.Errorf("got %p, %v and %p, %v; want the same", first, err1, second, err2)
			}
			got = first
			return 0
		})
		if (code != 0) != (broken != nil) || got.stops != 1 {
			t.Errorf("stopping fails with %v: code %d, stopped %d times", broken, code, got.stops)
		}
		if _, err := os.Stat(got.dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("its folder is still there: %v", err)
		}
	}
}

func TestServerThatDoesNotStart(t *testing.T) {
	t.Parallel()
	tries, broken := 0, errors.New("broken")
	shared := stacktest.Server[*server]{Name: "shared", Start: func(context.Context, stack.Options) (*server, error) {
		tries++
		return nil, broken
	}}
	code := shared.Run(func() int {
		for range 2 {
			if _, err := shared.Get(t.Context()); !errors.Is(err, broken) {
				t.Errorf("got %v, want the error of Start", err)
			}
		}
		return 2
	})
	if code != 2 || tries != 1 {
		t.Errorf("code %d after %d tries", code, tries)
	}
}

func TestServerWithoutRun(t *testing.T) {
	t.Parallel()
	shared := stacktest.Server[*server]{Name: "dbtest"}
	_, err := shared.Get(t.Context())
	if want := "the package's TestMain does not call dbtest.Main or dbtest.Run"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
