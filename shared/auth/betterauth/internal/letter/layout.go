package letter

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchyard/shared/mail"
)

// letter is the content of a letter, for both of its forms: plain text and HTML.
type letter struct {
	Site      string // the host that the link leads to
	Subject   string
	Title     string
	Greeting  string
	About     string
	Action    string // what the button says
	URL       string
	Life      string // how long the link works
	Otherwise string // what to do if it was somebody else
}

// open returns a letter to somebody called name that is about link.
func open(name, link string) letter {
	site := "this site"
	if u, err := url.Parse(link); err == nil && u.Host != "" {
		site = u.Host
	}
	return letter{Site: site, URL: link, Greeting: greeting(name)}
}

// message returns l as it is sent.
//
//nolint:contextcheck,nolintlint // Render waits for nothing; the latter does not see what this is for
func (l letter) message(to, token string, until time.Time) mail.Message {
	l.Life = life(time.Until(until), until)
	var html strings.Builder
	if err := l.page().Render(context.Background(), &html); err != nil { //nolint:forbidigo // nobody waits for it
		panic(err) // a builder takes everything
	}
	return mail.Message{
		To: to, Subject: l.Subject, Text: l.text(), HTML: html.String(),
		URL: l.URL, Token: token, ExpiresAt: until,
	}
}

// text returns l as plain text, in which the link has a line of its own.
func (l letter) text() string {
	return strings.Join([]string{
		l.Greeting,
		wrap(l.About),
		l.Action + ":\n" + l.URL,
		wrap(l.Life),
		wrap(l.Otherwise),
		"-- \n" + l.Site + "\n",
	}, "\n\n")
}

// maxName is how many characters a name may have to be greeted by.
const maxName = 64

// greeting returns how somebody called name is addressed: without the name if it
// is long, or if mail programs could make a link of it.
func greeting(name string) string {
	name = strings.TrimSpace(name)
	strange := func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune(" -'’.,", r)
	}
	dotted := func(word string) bool { return strings.Contains(strings.TrimRight(word, ".,"), ".") }
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, strange) {
		return "Hello,"
	}
	for word := range strings.FieldsSeq(name) {
		if dotted(word) {
			return "Hello,"
		}
	}
	return "Hello " + name + ","
}

// life says how long a link works that does so for d more, until then.
func life(d time.Duration, then time.Time) string {
	n, unit := int(d.Round(time.Minute)/time.Minute), "minute"
	if n >= 60 && n%60 == 0 {
		n, unit = n/60, "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("The link works for %d %s, until %s.", n, unit, then.UTC().Format("15:04 UTC on 2 January 2006"))
}

// width is how many characters a line of plain text has, at most, as long as its
// words allow.
const width = 72

// wrap breaks text into lines.
func wrap(text string) string {
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+n > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}
