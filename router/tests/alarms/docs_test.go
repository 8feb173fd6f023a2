package alarms_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestDocs wants docs/events.md to have a row for each rule, with the same words.
func TestDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	table := "| alarm | what it says | what to do |\n| --- | --- | --- |\n"
	for _, r := range readRules(t) {
		table += fmt.Sprintf("| `%s` | %s | %s |\n", r.Alert, r.Annotations["summary"], r.Annotations["description"])
	}
	if !strings.Contains(string(text), table) {
		t.Errorf("docs/events.md does not have the table of docs/alarms.yml:\n%s", table)
	}
}
