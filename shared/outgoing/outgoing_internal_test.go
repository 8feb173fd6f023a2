package outgoing

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"switchyard/shared/config"
	"switchyard/shared/fault"
)

func loopback() config.Networks { return config.Networks{netip.MustParsePrefix("127.0.0.0/8")} }

// call posts to url.
func call(t *testing.T, c *Client, url string) (Answer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	return c.Do(r)
}

// Addresses that nobody outside reaches are refused when they are dialled, even if nobody
// had looked at the URL before.
func TestDial(t *testing.T) {
	t.Parallel()
	c := newClient(nil, nil)
	for _, address := range []string{
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1", "192.168.0.1",
		"192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16",
		"[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[::127.0.0.1]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]",
		"[ff02::1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]", "[5f00::1]",
	} {
		conn, err := c.http.Transport.(byScheme)["https"].DialContext(t.Context(), "tcp", address+":443")
		if err == nil {
			_ = conn.Close()
		}
		if err := explain(err); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", address, err)
		}
		if _, err := c.Check("https://" + address + "/"); !fault.Is(err, fault.Invalid) {
			t.Errorf("check %s: %v", address, err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	c := newClient(nil, nil)
	for _, url := range []string{
		"https://example.com", "https://example.com:8443/a?b=c", "https://xn--bcher-kva.example/", "https://8.8.8.8/", "https://[2606:4700::1111]/",
		"https://example.com./",
	} {
		if got, err := c.Check(" " + url); err != nil || got != url {
			t.Errorf("%s: %q, %v", url, got, err)
		}
	}
	for _, url := range []string{
		"", "example.com", "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "https:example.com", "https:///a",
		"https://localhost/", "https://LOCALHOST./", "https://db.internal/", "https://printer.local/", "https://db/", "https://a.localhost/",
		"https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.0.1./",
		"https://user:secret@example.com/", "https://example.com@127.0.0.1/", "https://example.com/#a",
		"https://bücher.example/", "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "https://①②⑦.0.0.1/", "https://127。0。0。1/",
		"https://example.com:22/", "https://example.com:80/", "https://example.com:0/", "https://example.com:99999/", "https://[fe80::1%25eth0]/",
		"https://example.com/" + strings.Repeat("a", MaxURL), "https://example.com/?\xff", "https://example.com/?ü", "https://example.com/?a b",
		"https://example.com/?a\r\nX-Evil: 1", "https://example.com/\x00",
	} {
		if got, err := c.Check(url); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %q, %v", url, got, err)
		}
	}
}

// resolver answers every question for an address with the next of addresses, and then
// with the last again.
func resolver(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	server, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		buffer := make([]byte, 512)
		for asked := 0; ; {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			if m.Questions[0].Type == dnsmessage.TypeA {
				address := netip.MustParseAddr(addresses[min(asked, len(addresses)-1)])
				asked++
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
					Body:   &dnsmessage.AResource{A: address.As4()},
				}}
			}
			if answer, err := m.Pack(); err == nil {
				_, _ = server.WriteTo(answer, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// A name that was public when somebody looked, and leads home when it is called.
func TestNameThatChanges(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	home := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer home.Close()
	names := resolver(t, "93.184.215.14", "127.0.0.1")
	if found, err := names.LookupHost(t.Context(), "rebind.example"); err != nil || found[0] != "93.184.215.14" {
		t.Fatalf("first: %v, %v", found, err)
	}
	c := newClient(nil, names)
	url := "https://rebind.example:" + home.URL[strings.LastIndexByte(home.URL, ':')+1:]
	if _, err := c.Check(url); err != nil {
		t.Fatal(err)
	}
	if _, err := call(t, c, url); !fault.Is(err, fault.Invalid) || reached.Load() != 0 {
		t.Errorf("%v; reached %d times", err, reached.Load())
	}
}

// What is allowed may be called over plain HTTP; the rest of the world over HTTPS alone.
func TestAllowed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer server.Close()
	if got, err := call(t, newClient(loopback(), nil), server.URL); err != nil || got.Status != http.StatusTeapot {
		t.Errorf("allowed: %+v, %v", got, err)
	}
	if _, err := call(t, newClient(nil, nil), server.URL); !fault.Is(err, fault.Invalid) {
		t.Errorf("not allowed: %v", err)
	}
	public := newClient(loopback(), resolver(t, "93.184.215.14"))
	if _, err := call(t, public, "http://plain.example:8080/"); !fault.Is(err, fault.Invalid) {
		t.Errorf("plain HTTP to elsewhere: %v", err)
	}
	private := newClient(loopback(), resolver(t, "10.0.0.1"))
	if _, err := call(t, private, "https://private.example/"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a network that is not allowed: %v", err)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var followed atomic.Bool
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/inside", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/inside", func(http.ResponseWriter, *http.Request) { followed.Store(true) })
	server := httptest.NewServer(mux)
	defer server.Close()
	got, err := call(t, newClient(loopback(), nil), server.URL)
	if err != nil || got.Status != http.StatusTemporaryRedirect || followed.Load() {
		t.Errorf("%+v, %v; followed: %t", got, err, followed.Load())
	}
}

// A receiver cannot hold up, or fill, who calls it.
func TestBounds(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/headers", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("A", strings.Repeat("a", 10<<20))
	})
	mux.HandleFunc("/silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	server := httptest.NewServer(mux)
	defer server.Close()
	c := newClient(loopback(), nil)
	if got, err := call(t, c, server.URL+"/endless"); err != nil || len(got.Body) != MaxBody {
		t.Errorf("endless: %d bytes, %v", len(got.Body), err)
	}
	if _, err := call(t, c, server.URL+"/headers"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("headers: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/silent", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(r); !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent: %v", err)
	}
	if len(c.places) != 0 {
		t.Errorf("%d places are taken", len(c.places))
	}
}

// A message tells nothing of the network here.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	c := newClient(loopback(), nil)
	_, err := call(t, c, server.URL)
	if got := fault.Of(err).Message; got != "The certificate of the host is not valid for it." {
		t.Errorf("a certificate of its own: %q, %v", got, err)
	}
	server.Close()
	_, err = call(t, c, server.URL)
	if got := fault.Of(err).Message; got != "The host did not take the connection." {
		t.Errorf("closed: %q, %v", got, err)
	}
}

// A call for which there is no place is no failure of the other side.
func TestBusy(t *testing.T) {
	t.Parallel()
	c := newClient(nil, nil)
	for range cap(c.places) {
		c.places <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://example.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(r); !fault.Is(err, fault.Unavailable) || !errors.Is(err, ErrBusy) {
		t.Errorf("%v, want ErrBusy", err)
	}
}
