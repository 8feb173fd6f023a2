package origin_test

import (
	"strings"
	"testing"

	"switchyard/internal/origin"
)

func TestEntry(t *testing.T) {
	t.Parallel()
	const none, unusual, everybody = "is no origin", "is not what browsers send", "trusts everybody"
	for entry, want := range map[string]string{ // "" if it is taken as it is
		"https://app.example": "", "http://localhost:3000": "", "http://127.0.0.1:5173": "", "http://[::1]:3000": "",
		"https://*.app.example": "", "https://*.app.example:*": "", "http://localhost:*": "", "https://a?.example": "", "https://app.example?x": "",
		"http*://app.example": "", "*://app.example": "", "*.app.example": "", "*.app.example:*": "", "192.168.*": "", "http://192.168.*:3000": "",
		"myapp://": "", "myapp://signed-in": "", "MyApp://signed-in/": "", "capacitor://localhost": "", "exp://192.168.*.*:*/**": "",
		"chrome-extension://abcdefgh": "", "myapp://*": "",

		"null": none, "app.example": none, "localhost:3000": none, "https://": none, "https:///": none, "https:app.example": none,
		"://": none, "javascript://*": none, "file:///x": none, "ex*://x": none, "https://exa mple": none, `https://app.example\*`: none,
		"https://0x*": none, "https://app.example:99999": none, "https://\xff": none, "/*": none, "*/x": unusual, "https://*.app.example/x": unusual, "https://*/**": unusual,
		"https://app.example/path": unusual, "https://app.example//": unusual, "https://app.example#x": unusual,
		"https://App.example": unusual, "HTTPS://app.example": unusual, "https://app.example:443": unusual, "https://u:pw@app.example": unusual,
		"http://*.app.example:80": unusual, "https://app.example:": unusual,
		"*": everybody, "**": everybody, "https://*": everybody, "http://*": everybody, "https://*/": everybody, "*://*": everybody,
		"https://**": everybody, "*.*": everybody, "*:*": everybody, "https://*:*": everybody, "http*://*": everybody, "https://?*": everybody,
	} {
		got, err := origin.Entry(entry)
		switch {
		case want == "" && (err != nil || got != entry):
			t.Errorf("%q: %q, %v", entry, got, err)
		case want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)):
			t.Errorf("%q: %q, %v; want that it %s", entry, got, err, want)
		}
	}
	for entry, want := range map[string]string{
		"https://front.example/": "https://front.example", "https://*.front.example/": "https://*.front.example", "*.front.example/": "*.front.example",
	} {
		if got, err := origin.Entry(entry); got != want || err != nil {
			t.Errorf("%q: %q, %v", entry, got, err)
		}
	}
}
