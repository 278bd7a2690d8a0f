package wire

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocumentedTablesAreCurrent holds the tables of docs/protocol.md and docs/client.md against errors.json; -update
// writes them anew.
func TestDocumentedTablesAreCurrent(t *testing.T) {
	yes := map[bool]string{true: "yes", false: "no"}
	all, client, closes := &strings.Builder{}, &strings.Builder{}, &strings.Builder{}
	for _, b := range []*strings.Builder{all, client} {
		b.WriteString("| Code | Name | Message | Hint | Retryable |\n|---|---|---|---|---|\n")
	}
	for _, e := range Catalogue() {
		row := fmt.Sprintf("| %d | `%s` | %s | %s | %s |\n", e.Code, e.Name, e.Message, e.Hint, yes[e.Retryable])
		all.WriteString(row)
		if e.Client {
			client.WriteString(row)
		}
	}
	closes.WriteString("| Code | Name | Meaning | Connect again |\n|---|---|---|---|\n")
	for _, c := range Closes() {
		fmt.Fprintf(closes, "| %d | `%s` | %s | %s |\n", c.Code, c.Name, c.Text, yes[c.Reconnect])
	}
	section(t, "protocol.md", "errors", all.String())
	section(t, "protocol.md", "closes", closes.String())
	section(t, "client.md", "client-errors", client.String())
}

// section compares, or writes, what stands between the comments "name:" and "/name" of a document.
func section(t *testing.T, file, name, want string) {
	t.Helper()
	path := filepath.Join("..", "..", "docs", file)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	begin := strings.Index(text, "<!-- "+name+":")
	end := strings.Index(text, "<!-- /"+name+" -->")
	if begin < 0 || end < begin {
		t.Fatalf("%s has no section %s", file, name)
	}
	begin += strings.Index(text[begin:], "-->\n") + len("-->\n")
	if *update {
		text = text[:begin] + want + text[end:]
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if text[begin:end] != want {
		t.Errorf("%s, section %s, is not current: run go test ./signaling/wire -update", file, name)
	}
}

// TestEveryMethodAndEventIsDocumented looks for each name in docs/protocol.md.
func TestEveryMethodAndEventIsDocumented(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "protocol.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range requests() {
		method, _, _ := strings.Cut(name, " ")
		if !strings.Contains(string(data), "`"+method+"`") {
			t.Errorf("docs/protocol.md does not mention %s", method)
		}
	}
	for name := range events() {
		method, _, _ := strings.Cut(name, " ")
		if !strings.Contains(string(data), "| `"+method+"` |") {
			t.Errorf("docs/protocol.md has no row for %s", method)
		}
	}
}
