package letter_test

import (
	"html"
	"strings"
	"testing"
	"time"

	"switchyard/shared/auth/betterauth/internal/letter"
	"switchyard/shared/mail"
)

const (
	link  = "https://shop.example:8443/api/auth/verify-email?token=a.b-c_d&callbackURL=%2Fdone%3Fa%3Db"
	token = "a.b-c_d"
)

// write writes every letter to somebody called name.
func write(name string, until time.Time) map[string]mail.Message {
	const to = "ada@example.com"
	return map[string]mail.Message{
		"verification":        letter.Verification(to, name, link, token, until),
		"change confirmation": letter.EmailChangeConfirmation(to, name, "new'er@example.com", link, token, until),
		"change verification": letter.EmailChangeVerification(to, name, link, token, until),
		"reset":               letter.Reset(to, name, link, token, until),
		"deletion":            letter.Deletion(to, name, link, token, until),
	}
}

func TestLetters(t *testing.T) {
	t.Parallel()
	until := time.Now().Add(time.Hour)
	subjects := map[string]bool{}
	for name, m := range write("Ada Lovelace", until) {
		if m.To != "ada@example.com" || m.URL != link || m.Token != token || !m.ExpiresAt.Equal(until) {
			t.Errorf("%s: not addressed as told: %+v", name, m)
		}
		if !strings.Contains(m.Subject, "shop.example:8443") || subjects[m.Subject] {
			t.Errorf("%s: the subject %q does not say what it is about", name, m.Subject)
		}
		subjects[m.Subject] = true
		for _, want := range []string{
			"Hello Ada Lovelace,", "The link works for 1 hour, until", until.UTC().Format("15:04 UTC on 2 January 2006"), "If ",
		} {
			if text := strings.Join(strings.Fields(m.Text), " "); !strings.Contains(text, want) {
				t.Errorf("%s: the text lacks %q:\n%s", name, want, m.Text)
			}
			if !strings.Contains(m.HTML, want) {
				t.Errorf("%s: the HTML lacks %q", name, want)
			}
		}
		if !strings.Contains(m.Text, "\n"+link+"\n") {
			t.Errorf("%s: the link does not stand alone in the text:\n%s", name, m.Text)
		}
		if n := strings.Count(m.HTML, `href="`+html.EscapeString(link)+`"`); n != 2 {
			t.Errorf("%s: %d links in the HTML, want the button and the address", name, n)
		}
	}
	if m := letter.EmailChangeConfirmation("a@b.cd", "", "new'er@example.com", link, token, until); !strings.Contains(m.Text, "new'er@example.com") {
		t.Errorf("the new address is not named:\n%s", m.Text)
	}
}

// Somebody may sign up with a stranger's address, and a name that is a message.
func TestNamesAreNoMessages(t *testing.T) {
	t.Parallel()
	for name, greeted := range map[string]bool{
		"Ada":                         true,
		"Dr. Ada King, Jr.":           true,
		"Zoë d’Arc-O'Neil":            true,
		"山田 太郎":                       true,
		"":                            false,
		"  ":                          false,
		"<b>Ada</b>":                  false,
		"win at evil.example":         false,
		"https://evil.example":        false,
		"write to a@evil.example":     false,
		"Ada\r\nBcc: eve@example.com": false,
		"Ada\nyour account is locked": false,
		"Ada\u202e":                   false,
		"Ada\x00":                     false,
		"Ada\xff":                     false,
		strings.Repeat("a", 65):       false,
	} {
		for kind, m := range write(name, time.Now().Add(time.Hour)) {
			want := "Hello,"
			if greeted {
				want = "Hello " + name + ","
			}
			if !strings.HasPrefix(m.Text, want+"\n") || !strings.Contains(html.UnescapeString(m.HTML), ">"+want+"<") {
				t.Errorf("%s: %q is not greeted %q", kind, name, want)
			}
			if strings.ContainsAny(m.Subject, "\r\n") {
				t.Errorf("%s: the subject has more than a line: %q", kind, m.Subject)
			}
		}
	}
}

// The address of a hostile link stays an address.
func TestValuesAreEscaped(t *testing.T) {
	t.Parallel()
	m := letter.Reset("a@b.cd", "Ada", `https://shop.example/"><script>alert(1)</script>`, "t", time.Now().Add(time.Hour))
	if strings.Contains(m.HTML, "<script>") {
		t.Error("the link becomes a part of the page")
	}
	m = letter.EmailChangeConfirmation("a@b.cd", "Ada", "<i>@b.cd", "javascript:alert(1)", "t", time.Now().Add(time.Hour))
	if strings.Contains(m.HTML, "<i>") || strings.Contains(m.HTML, `href="javascript:`) {
		t.Error("the new address or the link becomes a part of the page")
	}
}

func TestLife(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		time.Minute:      "for 1 minute, until",
		30 * time.Minute: "for 30 minutes, until",
		90 * time.Minute: "for 90 minutes, until",
		time.Hour:        "for 1 hour, until",
		24 * time.Hour:   "for 24 hours, until",
	} {
		m := letter.Reset("a@b.cd", "Ada", link, token, time.Now().Add(d))
		if !strings.Contains(m.Text, want) {
			t.Errorf("%s: the text lacks %q:\n%s", d, want, m.Text)
		}
	}
}
