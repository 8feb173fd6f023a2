package remote_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"switchyard/shared/config"
	"switchyard/shared/fn"
)

// TestStreamsEnd wants streams from elsewhere to end with their session, and with the router: as
// whole answers, and there as well.
func TestStreamsEnd(t *testing.T) {
	t.Parallel()
	gone := make(chan string, 3)
	events := page("pages/events", fn.Page{Route: "/events", Stream: true}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: 0\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		gone <- r.Header.Get("X-Who")
	})
	far := there(t, key, events)
	near := here(t, far.url, config.FallbackOff, events)
	streams := map[string]*http.Response{}
	for _, who := range []string{"ada", "eve"} {
		res := open(t, "GET", near.url+"/events", nil, "X-Who: "+who)
		defer res.Body.Close()
		if _, err := io.ReadFull(res.Body, make([]byte, len("data: 0\n\n"))); err != nil {
			t.Fatal(err)
		}
		streams[who] = res
	}
	ends := func(who string) {
		t.Helper()
		if rest, err := io.ReadAll(streams[who].Body); err != nil || len(rest) > 0 {
			t.Errorf("the stream of %s ends with %q, %v", who, rest, err)
		}
		if there := <-gone; there != who {
			t.Errorf("there, the stream of %s has ended, not that of %s", there, who)
		}
	}
	near.ended.ids.Store(&[]string{"s2"})
	if err := near.forwarder.Check(t.Context()); err != nil {
		t.Error(err)
	}
	ends("eve")
	if got := send(t, "GET", near.url+"/events", nil, "X-Who: eve"); got.status != http.StatusUnauthorized {
		t.Errorf("one that begins after its session: %d", got.status)
	}
	near.forwarder.EndStreams()
	ends("ada")
	if got := send(t, "GET", near.url+"/events", nil, "X-Who: ada"); got.status != http.StatusOK {
		t.Errorf("one that begins afterwards: %d", got.status)
	}
}

// TestSocketsEnd is the same for what speaks another protocol than HTTP.
func TestSocketsEnd(t *testing.T) {
	t.Parallel()
	echo := page("pages/echo", fn.Page{Route: "/echo", Stream: true}, func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_, _ = io.Copy(conn, rw)
	})
	far := there(t, key, echo)
	near := here(t, far.url, config.FallbackOff, echo)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(near.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /echo HTTP/1.1\r\nHost: x\r\nX-Who: eve\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%+v, %v", res, err)
	}
	defer res.Body.Close()
	fmt.Fprint(conn, "hello\n")
	if text, err := in.ReadString('\n'); text != "hello\n" {
		t.Fatalf("%q, %v", text, err)
	}
	near.ended.ids.Store(&[]string{"s2"})
	if err := near.forwarder.Check(t.Context()); err != nil {
		t.Error(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second)) // less than its Timeout
	if text, err := io.ReadAll(in); len(text) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%q, %v", text, err)
	}
}
