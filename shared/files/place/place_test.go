package place_test

import (
	"net/url"
	"testing"

	"github.com/google/uuid"

	"switchyard/shared/files"
	"switchyard/shared/files/place"
)

func TestPlace(t *testing.T) {
	t.Parallel()
	for _, p := range []place.Place{
		{},
		{Search: `a&b="c" d/ä`, Status: files.Ready, Kind: files.Picture, Grid: true, Cursor: "x-_"},
		{Status: "\r\n//evil.example"},
	} {
		for _, address := range []string{p.List(), p.File(uuid.Max), p.Remove(uuid.Max)} {
			u, err := url.Parse(address)
			if err != nil || u.Host != "" || place.Of(u.Query()) != p {
				t.Errorf("%s leads to %+v, %v, want %+v", address, place.Of(u.Query()), err, p)
			}
		}
	}
	p := place.Place{Search: "a", Cursor: "x"}
	if got := p.In(files.Failed).As(true).List(); got != "/?q=a&status=failed&view=grid" {
		t.Errorf("got %s", got)
	}
	if !p.Filtered() || (place.Place{Grid: true, Cursor: "x"}).Filtered() {
		t.Error("what is filtered is not")
	}
}
