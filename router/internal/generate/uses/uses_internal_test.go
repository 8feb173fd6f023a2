package uses

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		`SELECT a FROM b`:             "w:select|w:a|w:from|w:b",
		`select "A b""c".D`:           `w:select|q:A b"c|s:.|w:d`,
		`'it''s b' x`:                 "l:|w:x",
		`E'\'b' x`:                    "l:|w:x",
		`e'b''' x`:                    "l:|w:x",
		`'\' x`:                       "l:|w:x",
		`edge 'b`:                     "w:edge|l:",
		"a -- b\nc -- d":              "w:a|w:c",
		`a /* b /* c */ d */ e`:       "w:a|w:e",
		`a /* b`:                      "w:a",
		`$1 $22x a$1`:                 "$:|$:|w:x|w:a$1",
		`$$ b $$ $x$ c $x$`:           "l:|w:b|l:|l:|w:c|l:",
		`$ a`:                         "s:$|w:a",
		`1.5e3 a1 1a`:                 "l:|w:a1|l:",
		`a::text[] <> ALL(x)`:         "w:a|s::|s::|w:text|s:[|s:]|s:<|s:>|w:all|s:(|w:x|s:)",
		`FROM %s WHERE a %% %[1]s %q`: "w:from|%:|w:where|w:a|s:%|s:%|%:|l:|s:]|w:s|%:",
		`ünï FROM "`:                  "w:ünï|w:from|q:",
		``:                            "",
	} {
		var got []string
		for _, k := range tokens(sql) {
			got = append(got, string(rune(k.kind))+":"+k.text)
		}
		if diff := cmp.Diff(want, strings.Join(got, "|")); diff != "" {
			t.Errorf("%s: %s", sql, diff)
		}
	}
}

// What each statement does with the tables note, tag, user, order and file.
func TestStatements(t *testing.T) {
	t.Parallel()
	tables := set("note tag user order file Odd")
	tables["Odd"] = true
	for sql, want := range map[string]string{
		`SELECT id FROM note`:                                                   "note",
		`SELECT * FROM note`:                                                    "note:all",
		`select * from note where id = $1`:                                      "note:all",
		`SELECT id, * FROM note`:                                                "note:all",
		`SELECT a * b FROM note`:                                                "note",
		`SELECT count(*) FROM note`:                                             "note",
		`SELECT n.* FROM note AS n JOIN tag t USING (id)`:                       "note:all tag",
		`SELECT note.*, t.id FROM note, tag t`:                                  "note:all tag",
		`SELECT x.* FROM note JOIN tag ON true`:                                 "note:all tag:all",
		`SELECT id FROM (SELECT * FROM note) AS n`:                              "note",
		`SELECT * FROM (SELECT * FROM note) AS n`:                               "note:all",
		`SELECT id FROM tag WHERE EXISTS (SELECT * FROM note)`:                  "note tag",
		`(SELECT * FROM note) UNION ALL (SELECT * FROM tag)`:                    "note:all tag:all",
		`(SELECT n.* FROM note n)`:                                              "note",
		`SELECT to_jsonb(n) FROM note n`:                                        "note:all",
		`SELECT (SELECT json_agg(t.*) FROM tag t) FROM note`:                    "note tag:all",
		`SELECT count(note) FROM note`:                                          "note",
		`INSERT INTO note (id, text) VALUES ($1, $2)`:                           "note:ins",
		`INSERT INTO note VALUES ($1, $2)`:                                      "note:all,ins",
		`INSERT INTO note AS n (id) SELECT id FROM tag`:                         "note:ins tag",
		`INSERT INTO note SELECT id FROM tag`:                                   "note:all,ins tag",
		`INSERT INTO public.note (id) VALUES (1) RETURNING *`:                   "note:all,ins",
		`INSERT INTO note (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1`: "note:ins,upd",
		`INSERT INTO note (id) VALUES (1) ON CONFLICT DO NOTHING`:               "note:ins",
		`UPDATE note SET text = ''`:                                             "note:upd",
		`UPDATE ONLY "note" n SET text = '' FROM tag`:                           "note:upd tag",
		`DELETE FROM note USING tag`:                                            "note tag",
		`SELECT id FROM note FOR UPDATE`:                                        "note",
		`SELECT id FROM note FOR NO KEY UPDATE OF note`:                         "note",
		`WITH t AS (INSERT INTO tag (id) VALUES (1)) UPDATE note SET id = 2`:    "note:upd tag:ins",
		`MERGE INTO note USING tag ON true WHEN MATCHED THEN DELETE`:            "note:ins,upd tag",
		`COPY note (id) FROM STDIN`:                                             "note:ins",
		`TRUNCATE note`:                                                         "note",
		`DO $$ BEGIN UPDATE note SET id = 1; END $$`:                            "note:upd",
		`INSERT INTO tag (id) VALUES (1); UPDATE note SET id = 1`:               "note:upd tag:ins",
		`SELECT "createdAt" FROM "Odd"`:                                         "Odd",
		`SELECT id FROM odd`:                                                    "",
		`SELECT id FROM tag ORDER BY user`:                                      "tag",
		`SELECT id FROM "user" ORDER BY "order"`:                                "order user",
		`SELECT 'note' FROM tag -- note`:                                        "tag",
		` ORDER BY (SELECT max(id) FROM note)`:                                  "note",
		// Not SQL:
		`select a file from the list of files`: "no",
		`cannot read the note`:                 "no",
		`DELETE /api/note/{id}`:                "no",
		`note`:                                 "no",
		`update the note`:                      "no",
	} {
		x := text(tokens(sql))
		done := map[string]*done{}
		for _, s := range x.statements() {
			read(s, tables, done)
		}
		var got []string
		for name, d := range done {
			var what []string
			for word, is := range map[string]bool{"all": d.all, "ins": d.inserts, "upd": d.updates} {
				if is {
					what = append(what, word)
				}
			}
			slices.Sort(what)
			got = append(got, strings.TrimSuffix(name+":"+strings.Join(what, ","), ":"))
		}
		slices.Sort(got)
		if !x.sql(tables) {
			got = []string{"no"}
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", sql, diff)
		}
	}
}

func TestOpenAndPieces(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		`SELECT id FROM %s`:                   "open piece",
		`SELECT id FROM `:                     "open piece",
		`INSERT INTO "%s" (id)`:               "open piece",
		`SELECT id FROM "`:                    "open piece",
		`UPDATE %[1]s SET a = 1`:              "open piece",
		`SELECT id FROM note FOR UPDATE`:      "piece",
		`SELECT id FROM (`:                    "piece",
		`SELECT id FROM public.note`:          "piece",
		` AND owner = $2`:                     "piece",
		`owner = $2`:                          "piece",
		`id, owner, n.text`:                   "piece",
		`SET text = %s`:                       "piece",
		`cannot read the note`:                "",
		`owner`:                               "",
		`the note, which was long, went away`: "",
		`note, tag`:                           "piece",
	} {
		x := text(tokens(sql))
		got := ""
		if x.open() {
			got = "open "
		}
		if x.piece() {
			got += "piece"
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", sql, got, want)
		}
	}
}
