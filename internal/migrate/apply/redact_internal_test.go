package apply

import "testing"

func TestRedact(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"SELECT  a1, \"b 2\"\n FROM t WHERE id = $1 AND n = 42": `SELECT a1, "b 2" FROM t WHERE id = $1 AND n = ?`,
		"SELECT 'it''s', E'a\\'b', x'ff', 1.5e-3, .5":           "SELECT ?, ?, ?, ?, ?",
		"SELECT 'a' /* secret 'x */ || 'b' -- secret\n, 2":      "SELECT ? || ? , ?",
		"SELECT $$secret$$, $a$ $$ secret $a$, 1":               "SELECT ?, ?, ?",
		"SELECT 'never closed":                                  "SELECT ?",
		"SELECT $$never closed":                                 "SELECT ?",
		"SELECT /* never closed":                                "SELECT",
		`SELECT 'a\', 'secret'`:                                 "SELECT ?…",
		"SELECT /* a /* b */ secret */ 1":                       "SELECT ?…",
		"SELECT 'ä' AS größe, 7":                                "SELECT ? AS größe, ?",
	} {
		if got := redact(query); got != want {
			t.Errorf("redact(%s) = %s, want %s", query, got, want)
		}
	}
}
