package clientip_test

import (
	"cmp"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"switchyard/internal/clientip"
)

func networks(all ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range all {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// A stranger is believed in nothing, whatever the headers say.
func TestOfPeer(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"203.0.113.7:80":          "203.0.113.7",
		"[2001:db8::1]:80":        "2001:db8::1",
		"[::ffff:203.0.113.7]:80": "203.0.113.7",
		"[fe80::1%eth0]:80":       "fe80::1",
		"":                        "",
		"@":                       "", // of a Unix socket
		"203.0.113.7":             "",
	} {
		for name, trust := range map[string]clientip.Trust{
			"nobody": {}, "another": {Networks: networks("192.0.2.0/24")}, "another's header": {Networks: networks("192.0.2.0/24"), Header: "X-Real-Ip"},
		} {
			r := &http.Request{RemoteAddr: remote, Header: http.Header{
				"X-Forwarded-For": {"192.0.2.1"}, "X-Real-Ip": {"192.0.2.1"}, "X-Forwarded-Proto": {"https"},
			}}
			got, ok := trust.Of(r)
			if ok != (want != "") || ok && got.String() != want {
				t.Errorf("%s, %q: got %v, %v, want %q", name, remote, got, ok, want)
			}
			if trust.Secure(r) || trust.Believes(r) {
				t.Errorf("%s, %q is believed", name, remote)
			}
		}
	}
}

// Whoever is believed, the client is the right-most address that is not one of them.
func TestOfForwarded(t *testing.T) {
	t.Parallel()
	one, two, three := clientip.Trust{Hops: 1}, clientip.Trust{Hops: 2}, clientip.Trust{Hops: 3}
	inside := clientip.Trust{Networks: networks("10.0.0.0/8", "2001:db8:1::/48", "198.51.100.9/32")}
	for name, tt := range map[string]struct {
		trust clientip.Trust
		peer  string // defaults to 10.0.0.1
		lines []string
		want  string // "" if it is not known
	}{
		"one proxy":                       {one, "", []string{"203.0.113.7"}, "203.0.113.7"},
		"one proxy, and a forged address": {one, "", []string{"6.6.6.6, 203.0.113.7"}, "203.0.113.7"},
		"one proxy that says nothing":     {one, "", nil, "10.0.0.1"},
		"two proxies":                     {two, "", []string{"6.6.6.6, 203.0.113.7, 198.51.100.9"}, "203.0.113.7"},
		"two proxies, in lines":           {two, "", []string{"6.6.6.6", "203.0.113.7", "198.51.100.9"}, "203.0.113.7"},
		"three proxies":                   {three, "", []string{"6.6.6.6, 203.0.113.7", "198.51.100.9,10.0.0.2"}, "203.0.113.7"},
		"fewer than it should be":         {three, "", []string{"203.0.113.7"}, "203.0.113.7"},

		"networks":                       {inside, "", []string{"6.6.6.6, 203.0.113.7"}, "203.0.113.7"},
		"networks, two proxies":          {inside, "", []string{"6.6.6.6, 203.0.113.7, 198.51.100.9"}, "203.0.113.7"},
		"networks, and a forged proxy":   {inside, "", []string{"10.9.9.9, 203.0.113.7"}, "203.0.113.7"},
		"networks, from inside":          {inside, "", []string{"10.0.0.8, 10.0.0.7"}, "10.0.0.8"},
		"networks, by IPv6":              {inside, "[2001:db8:1::1]:80", []string{"2001:DB8:2::7"}, "2001:db8:2::7"},
		"networks, a proxy in IPv6":      {inside, "[::ffff:10.0.0.1]:80", []string{"203.0.113.7, ::ffff:10.0.0.2"}, "203.0.113.7"},
		"networks, a peer that is not":   {inside, "192.0.2.1:80", []string{"203.0.113.7"}, "192.0.2.1"},
		"networks, and nobody forwarded": {inside, "", nil, "10.0.0.1"},

		"IPv4 in IPv6":           {one, "", []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		"IPv4 in IPv6, in hex":   {one, "", []string{"::ffff:cb00:7107"}, "203.0.113.7"},
		"a port":                 {one, "", []string{"203.0.113.7:4711"}, "203.0.113.7"},
		"a port of IPv6":         {one, "", []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
		"brackets":               {one, "", []string{"[2001:db8::1]"}, "2001:db8::1"},
		"empty entries":          {one, "", []string{"6.6.6.6, 203.0.113.7,, ", ""}, "203.0.113.7"},
		"an empty line":          {one, "", []string{""}, "10.0.0.1"},
		"malformed before":       {one, "", []string{"unknown, 203.0.113.7"}, "203.0.113.7"},
		"malformed":              {one, "", []string{"203.0.113.7, unknown"}, ""},
		"a zone":                 {one, "", []string{"fe80::1%eth0"}, ""},
		"a zone of IPv4 in IPv6": {one, "", []string{"::ffff:203.0.113.7%eth0"}, ""},
		"a prefix":               {one, "", []string{"203.0.113.0/24"}, ""},
		"zeros in front":         {one, "", []string{"203.0.113.007"}, ""},
		"a name":                 {one, "", []string{"localhost"}, ""},
		"nonsense":               {one, "", []string{"unknown\x00"}, ""},
		"a separator of keys":    {one, "", []string{"203.0.113.7|/sign-in"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{RemoteAddr: cmp.Or(tt.peer, "10.0.0.1:5000"), Header: http.Header{"X-Forwarded-For": tt.lines, "X-Real-Ip": {"192.0.2.1"}}}
			got, ok := tt.trust.Of(r)
			if ok != (tt.want != "") || ok && got.String() != tt.want {
				t.Errorf("got %v, %v, want %q", got, ok, tt.want)
			}
		})
	}
}

// A header that is not a list holds one address, of the client.
func TestOfHeader(t *testing.T) {
	t.Parallel()
	for want, values := range map[string][]string{
		"203.0.113.7": {"203.0.113.7"}, "2001:db8::1": {"[2001:DB8::1]:80"},
		"": nil, "-": {""}, "-list": {"203.0.113.7, 198.51.100.1"}, "-twice": {"203.0.113.7", "203.0.113.7"},
	} {
		r := &http.Request{RemoteAddr: "10.0.0.1:5000", Header: http.Header{"X-Real-Ip": values, "X-Forwarded-For": {"192.0.2.1"}}}
		got, ok := clientip.Trust{Hops: 1, Header: "x-real-ip"}.Of(r)
		if known := want != "" && want[0] != '-'; ok != known || ok && got.String() != want {
			t.Errorf("%q: got %v, %v, want %q", values, got, ok, want)
		}
	}
}

func TestSecure(t *testing.T) {
	t.Parallel()
	one := clientip.Trust{Hops: 1}
	for name, tt := range map[string]struct {
		trust clientip.Trust
		said  []string
		tls   bool
		want  bool
	}{
		"TLS":                {clientip.Trust{}, nil, true, true},
		"a proxy says so":    {one, []string{"https"}, false, true},
		"the last one":       {one, []string{"http, HTTPS"}, false, true},
		"forged before":      {one, []string{"https", "http"}, false, false},
		"nobody is believed": {clientip.Trust{}, []string{"https"}, false, false},
		"nobody says so":     {one, nil, false, false},
	} {
		r := &http.Request{RemoteAddr: "10.0.0.1:5000", Header: http.Header{"X-Forwarded-Proto": tt.said}}
		if tt.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if got := tt.trust.Secure(r); got != tt.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// The values are those of Better Auth's normalizeIP.
func TestStored(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"203.0.113.7":                      "203.0.113.7",
		"::ffff:203.0.113.7":               "203.0.113.7",
		"2001:db8::1":                      "2001:0db8:0000:0000:0000:0000:0000:0000",
		"2001:db8:1:2:ffff:ffff:ffff:ffff": "2001:0db8:0001:0002:0000:0000:0000:0000",
		"::1":                              "0000:0000:0000:0000:0000:0000:0000:0000",
		"fe80::1%eth0":                     "fe80:0000:0000:0000:0000:0000:0000:0000",
		"2001:0DB8:ABCD:00EF:0000:0000:0000:0001": "2001:0db8:abcd:00ef:0000:0000:0000:0000",
	} {
		if got := clientip.Stored(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
	if got := clientip.Stored(netip.Addr{}); got != "" {
		t.Errorf("no address: got %q", got)
	}
}

// end is a connection with this at its other end.
type end struct {
	net.Conn

	at net.Addr
}

func (e end) RemoteAddr() net.Addr { return e.at }

// TestConnected: of a connection, the address is that of its other end, unless the host is told.
func TestConnected(t *testing.T) {
	t.Parallel()
	for from, want := range map[net.Addr]string{
		&net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 1}:             "192.0.2.7",
		&net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 1, Zone: "lo"}: "fe80::1",
		&net.UnixAddr{Name: "@", Net: "unix"}:                         "",
	} {
		ctx := clientip.Connected(t.Context(), end{at: from})
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		r.RemoteAddr = "203.0.113.1:1"
		if got, ok := (clientip.Trust{}).Of(r); ok != (want != "") || ok && got.String() != want {
			t.Errorf("%v: got %v", from, got)
		}
		told := netip.MustParseAddr("198.51.100.4")
		if got, ok := (clientip.Trust{}).Of(r.WithContext(clientip.With(ctx, told))); !ok || got != told {
			t.Errorf("%v: told %v, got %v", from, told, got)
		}
	}
}
