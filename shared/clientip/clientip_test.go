package clientip_test

import (
	"net/http"
	"net/netip"
	"testing"

	"switchyard/shared/clientip"
)

func TestOfHeader(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		values []string
		want   string // "" if it is not known
	}{
		"IPv4":                    {[]string{"203.0.113.7"}, "203.0.113.7"},
		"IPv6":                    {[]string{"2001:DB8::1"}, "2001:db8::1"},
		"IPv4 in IPv6":            {[]string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		"IPv4 in IPv6, in hex":    {[]string{"::ffff:cb00:7107"}, "203.0.113.7"},
		"none":                    {nil, ""},
		"empty":                   {[]string{""}, ""},
		"a list":                  {[]string{"203.0.113.7, 198.51.100.1"}, ""},
		"a list of one":           {[]string{"203.0.113.7,"}, ""},
		"two lines":               {[]string{"203.0.113.7", "203.0.113.7"}, ""},
		"an empty line first":     {[]string{"", "203.0.113.7"}, ""},
		"a port":                  {[]string{"203.0.113.7:80"}, ""},
		"brackets":                {[]string{"[2001:db8::1]"}, ""},
		"a zone":                  {[]string{"fe80::1%eth0"}, ""},
		"a zone of IPv4 in IPv6":  {[]string{"::ffff:203.0.113.7%eth0"}, ""},
		"a prefix":                {[]string{"203.0.113.0/24"}, ""},
		"zeros in front":          {[]string{"203.0.113.007"}, ""},
		"a name":                  {[]string{"localhost"}, ""},
		"nonsense":                {[]string{"unknown\x00"}, ""},
		"a separator of the keys": {[]string{"203.0.113.7|/sign-in"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{RemoteAddr: "198.51.100.9:5000", Header: http.Header{"X-Forwarded-For": tt.values, "X-Real-Ip": {"192.0.2.1"}}}
			got, ok := clientip.Of(r, "x-forwarded-for")
			if ok != (tt.want != "") || ok && got.String() != tt.want {
				t.Errorf("got %v, %v, want %q", got, ok, tt.want)
			}
		})
	}
}

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
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {"192.0.2.1"}, "X-Real-Ip": {"192.0.2.1"}}}
		got, ok := clientip.Of(r, "")
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%q: got %v, %v, want %q", remote, got, ok, want)
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
