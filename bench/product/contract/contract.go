// Package contract asks a contestant for everything that is measured, and for what it has
// to refuse, before it is measured: all do the same work, or are not compared.
package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Data is what the database has.
type Data struct {
	User                    string // who is signed in
	Cookie, Forged, Expired string // values of better-auth.session_token: of User's session, with a bad signature, of a session that is over
	Newest                  []Item // the newest 20 items of everybody, the newest first
	Mine                    []Item // the newest 20 of User
}

// Item is an item as contestants answer it.
type Item struct {
	ID        string    `json:"id"`
	Owner     string    `json:"owner"`
	Name      string    `json:"name"`
	Size      int64     `json:"size"`
	Status    string    `json:"status"`
	CreatedAt time.Time `json:"createdAt"`
}

// Order is a body that POST /api/echo takes. What it costs is 35.5.
const Order = `{"customer":"Ada Lovelace","currency":"EUR","note":"by the door","express":true,` +
	`"tags":[{"text":"new"},{"text":"gift"}],"address":{"street":"12 St James's Square","city":"London","zip":"SW1Y 4JH"},` +
	`"items":[{"sku":"A-1","quantity":2,"price":12.25},{"sku":"B-7","quantity":1,"price":11}]}`

// total is what Order costs.
const total = 35.5

// Check returns everything that the contestant at base, an address such as
// http://127.0.0.1:8080, does otherwise than the contract says.
func Check(ctx context.Context, base string, d Data) error {
	c := &checker{ctx: ctx, base: base, data: d}
	c.ping()
	c.echo()
	c.row()
	c.list()
	c.page()
	return errors.Join(c.wrong...)
}

type checker struct {
	ctx   context.Context //nolint:containedctx // it lives as long as one Check
	base  string
	data  Data
	wrong []error
}

func (c *checker) fail(what, format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Errorf("%s: %s", what, fmt.Sprintf(format, args...)))
}

// closed stands for a connection that is closed in place of an answer with a status.
const closed = 0

// ask returns the body of an answer that has one of the statuses, and else nil.
func (c *checker) ask(what, method, path, body, cookie string, statuses ...int) []byte {
	r, err := http.NewRequestWithContext(c.ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.fail(what, "%v", err)
		return nil
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if cookie != "" {
		r.Header.Set("Cookie", "better-auth.session_token="+cookie)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		if !slices.Contains(statuses, closed) {
			c.fail(what, "%v", err)
		}
		return nil
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.fail(what, "%v", err)
		return nil
	}
	if slices.Contains(statuses, answer.StatusCode) {
		return text
	}
	c.fail(what, "%s %s answered %d in place of %v: %.200s", method, path, answer.StatusCode, statuses, text)
	return nil
}

// decode reads text, which nothing may follow, into v.
func (c *checker) decode(what string, text []byte, v any) bool {
	if text == nil {
		return false
	}
	if err := json.Unmarshal(text, v); err != nil {
		c.fail(what, "%v: %.200s", err, text)
		return false
	}
	return true
}

func (c *checker) ping() {
	var got map[string]any
	if c.decode("ping", c.ask("ping", "GET", "/api/ping", "", "", 200), &got) && !reflect.DeepEqual(got, map[string]any{"ok": true}) {
		c.fail("ping", "answered %v", got)
	}
}

func (c *checker) echo() {
	var got, want map[string]any
	if err := json.Unmarshal([]byte(Order), &want); err != nil {
		c.fail("echo", "%v", err)
		return
	}
	want["total"] = total
	if c.decode("echo", c.ask("echo", "POST", "/api/echo", Order, "", 200), &got) && !reflect.DeepEqual(got, want) {
		c.fail("echo", "answered %v in place of %v", got, want)
	}
	without := strings.Replace(Order, `"note":"by the door",`, "", 1)
	c.ask("echo without a note", "POST", "/api/echo", without, "", 200)
	for what, change := range refused() {
		body := strings.Replace(Order, change[0], change[1], 1)
		if body == Order {
			c.fail(what, "changes nothing")
		}
		c.ask("echo: "+what, "POST", "/api/echo", body, "", 400, 422)
	}
	c.ask("echo: no JSON", "POST", "/api/echo", "ping", "", 400, 415, 422)
	c.ask("echo: half of it", "POST", "/api/echo", Order[:len(Order)/2], "", 400, 422)
	c.ask("echo: a long body", "POST", "/api/echo", strings.Repeat(" ", 1<<20)+Order, "", 413, closed)
}

// refused has changes of Order that have to be refused: what is replaced, and by what.
func refused() map[string][2]string {
	long := strings.Repeat("x", 201)
	items := Order[strings.LastIndex(Order, `,"items":[`)+1:]
	return map[string][2]string{
		"no customer":      {`"customer":"Ada Lovelace",`, ``},
		"empty customer":   {`Ada Lovelace`, ``},
		"long customer":    {`Ada Lovelace`, long},
		"other currency":   {`EUR`, `XAU`},
		"long note":        {`by the door`, long},
		"express no bool":  {`"express":true`, `"express":"true"`},
		"empty tag":        {`"new"`, `""`},
		"long tag":         {`"new"`, `"` + long + `"`},
		"tag no text":      {`"new"`, `7`},
		"short zip":        {`SW1Y 4JH`, `SW`},
		"long street":      {`12 St James's Square`, long},
		"no items":         {items, `"items":[]}`},
		"no quantity":      {`"quantity":2`, `"quantity":0`},
		"half a piece":     {`"quantity":2`, `"quantity":2.5`},
		"many pieces":      {`"quantity":2`, `"quantity":1001`},
		"negative price":   {`"price":11`, `"price":-1`},
		"price no number":  {`"price":11`, `"price":"11"`},
		"unknown member":   {`"express"`, `"colour":"red","express"`},
		"unknown in a tag": {`{"text":"new"}`, `{"text":"new","colour":"red"}`},
		"unknown in items": {`"sku":"A-1"`, `"sku":"A-1","colour":"red"`},
	}
}

func (c *checker) row() {
	var got Item
	want := c.data.Newest[0]
	if c.decode("row", c.ask("row", "GET", "/api/items/"+want.ID, "", "", 200), &got) && !same(got, want) {
		c.fail("row", "answered %+v in place of %+v", got, want)
	}
	c.ask("row: none", "GET", "/api/items/01900000-0000-7000-8000-ffffffffffff", "", "", 404)
	c.ask("row: no UUID", "GET", "/api/items/seven", "", "", 400, 404, 422)
}

func (c *checker) list() {
	d := c.data
	for path, want := range map[string][]Item{"/api/mine": d.Mine, "/api/mine?limit=20": d.Mine, "/api/mine?limit=2": d.Mine[:2]} {
		var got struct{ Items []Item }
		if c.decode("list", c.ask("list", "GET", path, "", d.Cookie, 200), &got) && !sameAll(got.Items, want) {
			c.fail("list", "%s answered %d items, %+v in place of %+v", path, len(got.Items), got.Items, want)
		}
	}
	c.ask("list: limit 0", "GET", "/api/mine?limit=0", "", d.Cookie, 400, 422)
	c.ask("list: limit 101", "GET", "/api/mine?limit=101", "", d.Cookie, 400, 422)
	c.ask("list: limit ten", "GET", "/api/mine?limit=ten", "", d.Cookie, 400, 422)
	c.ask("list: nobody", "GET", "/api/mine", "", "", 401)
	c.ask("list: a forged signature", "GET", "/api/mine", "", d.Forged, 401)
	c.ask("list: a session that is over", "GET", "/api/mine", "", d.Expired, 401)
}

func (c *checker) page() {
	text := string(c.ask("page", "GET", "/items", "", "", 200))
	if text == "" {
		return
	}
	_, body, _ := strings.Cut(text, "<tbody")
	if n := strings.Count(body, "<tr"); n != len(c.data.Newest) {
		c.fail("page", "has %d rows in place of %d", n, len(c.data.Newest))
	}
	at := 0
	for _, item := range c.data.Newest {
		i := strings.Index(body, item.ID)
		if i < at {
			c.fail("page", "the item %s is missing, or not in its place", item.ID)
		}
		at = max(i, at)
		if strings.ContainsAny(item.Name, "<&") && strings.Contains(body, item.Name) {
			c.fail("page", "the name %s is not escaped", item.Name)
		}
	}
}

// same compares items, whose times may have been rounded to milliseconds.
func same(a, b Item) bool {
	apart := a.CreatedAt.Sub(b.CreatedAt).Abs()
	a.CreatedAt, b.CreatedAt = time.Time{}, time.Time{}
	return a == b && apart < time.Millisecond
}

func sameAll(a, b []Item) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !same(a[i], b[i]) {
			return false
		}
	}
	return true
}
