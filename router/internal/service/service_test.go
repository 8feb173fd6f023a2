package service_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/service"
	"switchyard/shared/config"
)

// part is a service that writes down what happens to it.
type part struct {
	name    string
	history *[]string
	ready   error
}

func (p *part) Close() error                            { *p.history = append(*p.history, "close "+p.name); return nil }
func (p *part) Ready(context.Context) error             { return p.ready }
func (p *part) Run(context.Context, *slog.Logger) error { return nil }

func newPart(history *[]string, name string, fail error, needs ...service.Need) *service.Service[part] {
	return service.New(name, func(context.Context) (*part, error) {
		*history = append(*history, "open "+name)
		return &part{name: name, history: history}, fail
	}, needs...)
}

func TestSetOpensEachOnceInOrder(t *testing.T) {
	t.Parallel()
	var history []string
	env := service.NewEnv[config.Database]()
	a := newPart(&history, "a", nil, env)
	b := newPart(&history, "b", nil, a)
	c := newPart(&history, "c", nil, a, b)
	newPart(&history, "unneeded", nil)

	set := service.NewSet()
	set.Add("one", c, b)
	set.Add("two", a)
	if err := set.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.Value.name != "c" || len(set.Ready(t.Context())) != 3 || len(set.Runners()) != 3 {
		t.Error("the open services are not what they should be")
	}
	if all := service.All[io.Closer](set); len(all) != 3 || all[0] != io.Closer(a.Value) {
		t.Errorf("those that can be closed: %v", all)
	}
	if n := len(service.All[io.Writer](set)) + len(service.All[io.Closer](nil)); n != 0 {
		t.Errorf("%d that there are not", n)
	}
	if err := errors.Join(set.Close(), set.Close()); err != nil {
		t.Fatal(err)
	}
	want := []string{"open a", "open b", "open c", "close c", "close b", "close a"}
	if diff := cmp.Diff(want, history); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	uses := set.Vars()
	if len(uses) != 3 || uses[0].Name != "DATABASE_MAX_CONNS" || uses[0].Required || !uses[2].Required {
		t.Errorf("variables: %+v", uses)
	}
	if diff := cmp.Diff([]string{"one", "two"}, uses[1].By); diff != "" {
		t.Errorf("needed by (-want +got):\n%s", diff)
	}
}

func TestSetClosesWhatItOpenedWhenOneFails(t *testing.T) {
	t.Parallel()
	var history []string
	refused := errors.New("refused")
	a := newPart(&history, "a", nil)
	b := newPart(&history, "b", refused, a)
	set := service.NewSet()
	set.Add("f", b)
	if err := set.Open(t.Context()); !errors.Is(err, refused) {
		t.Fatalf("got %v, want %v", err, refused)
	}
	want := []string{"open a", "open b", "close a"}
	if diff := cmp.Diff(want, history); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

func TestSetReadsOnlyWhatIsNeeded(t *testing.T) {
	t.Parallel()
	database, bucket := service.NewEnv[config.Database](), service.NewEnv[config.Bucket]()
	set := service.NewSet()
	set.Add("f", database)
	r := config.NewReader(func(name string) string {
		if name == "DATABASE_URL" {
			return "postgres://localhost/x"
		}
		return ""
	})
	set.Read(r)
	if r.Err() != nil {
		t.Error(r.Err())
	}
	if database.Value.URL.Reveal() != "postgres://localhost/x" || bucket.Value.Name != "" {
		t.Error("the sections are not as the environment has them")
	}
}

func TestSetPermissions(t *testing.T) {
	t.Parallel()
	bucket := service.NewEnv[config.Bucket]()
	set := service.NewSet()
	set.Add("one", service.NewEnv[config.Database](), bucket)
	set.Add("two", bucket)
	if diff := cmp.Diff(config.Bucket{}.Permissions(), set.Permissions()); diff != "" {
		t.Errorf("each once (-want +got):\n%s", diff)
	}
}
