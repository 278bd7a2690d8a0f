package release

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func text(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// section is a document's part from a heading to the next of the same rank.
func section(t *testing.T, doc, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(doc, "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("no section %q", heading)
	}
	part, _, _ := strings.Cut(rest, "\n## ")
	return part
}

// rows are the cells of a part's table rows, without headings and rules.
func rows(part string) [][]string {
	var out [][]string
	lines := strings.Split(part, "\n")
	for i, line := range lines {
		heading := i+1 < len(lines) && strings.HasPrefix(lines[i+1], "|---")
		if !strings.HasPrefix(line, "| ") || heading {
			continue
		}
		cells := strings.Split(strings.ReplaceAll(strings.Trim(line, "|"), `\|`, "/"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		out = append(out, cells)
	}
	return out
}

var (
	quoted = regexp.MustCompile("`([^`\\n]+)`")
	fenced = regexp.MustCompile("(?s)\n```.*?\n```\n")
)

// TestEveryLineOfTheLogIsExplained: an operator finds each line that is not for debugging in the guide.
func TestEveryLineOfTheLogIsExplained(t *testing.T) {
	guide := section(t, text(t, "docs/operator.md"), "Logs")
	said := regexp.MustCompile(`\b[Ll]og\.(?:Info|Warn|Error)\("([^"]+)"|\b[Ll]og\.Log\([^,\n]+, [^,\n]+, "([^"]+)"|\bcomplain\(p, "([^"]+)"`)
	found := 0
	for _, room := range []string{"cmd/causeway", "configs", "diameter", "media", "signaling", "transcode", "web"} {
		err := filepath.WalkDir(filepath.Join("..", "..", room), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range said.FindAllStringSubmatch(string(source), -1) {
				found++
				if line := m[1] + m[2] + m[3]; !strings.Contains(guide, "`"+line+"`") {
					t.Errorf("docs/operator.md does not explain %q of %s", line, path)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 30 {
		t.Errorf("only %d lines found", found)
	}
}

// TestTheGuideNamesNoUnknownMetric is the other direction of test.TestEveryMetricIsDocumented.
func TestTheGuideNamesNoUnknownMetric(t *testing.T) {
	known := strings.Fields(text(t, "cmd/causeway/testdata/metrics.txt"))
	for _, name := range regexp.MustCompile(`causeway_[a-z_]+`).FindAllString(text(t, "docs/operator.md"), -1) {
		histogram := regexp.MustCompile(`_(bucket|count|sum)$`).ReplaceAllString(name, "")
		if !slices.Contains(known, name) && !slices.Contains(known, histogram) {
			t.Errorf("docs/operator.md names %s, which the gateway does not have", name)
		}
	}
}

// TestTheGuideNamesNoUnknownKey: what the guide tells an operator to set exists.
func TestTheGuideNamesNoUnknownKey(t *testing.T) {
	var sample map[string]any
	if err := yaml.Unmarshal([]byte(text(t, "configs/causeway.yaml")), &sample); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, m := range quoted.FindAllStringSubmatch(fenced.ReplaceAllString(text(t, "docs/operator.md"), ""), -1) {
		word, _, _ := strings.Cut(m[1], ":")
		parts := strings.Split(word, ".")
		if _, ok := sample[parts[0]]; !ok || len(parts) < 2 || strings.ContainsAny(word, " /(=") {
			continue
		}
		found++
		var at any = sample
		for _, part := range parts {
			inside, _ := at.(map[string]any)
			next, ok := inside[part]
			if !ok && word != "session.registration" && word != "session.closing" { // events of the protocol
				t.Errorf("docs/operator.md names the key %s, which the configuration does not have", word)
			}
			at = next
		}
	}
	if found < 40 {
		t.Errorf("only %d keys found", found)
	}
}

// TestBadInputIsNamedRight: errors and close codes of the table are the catalogue's, and each row has a test.
func TestBadInputIsNamedRight(t *testing.T) {
	var catalogue struct {
		Errors []struct{ Name string }
		Closes []struct{ Code int }
	}
	if err := json.Unmarshal([]byte(text(t, "signaling/wire/errors.json")), &catalogue); err != nil {
		t.Fatal(err)
	}
	codes := []string{"1003"} // RFC 6455 7.4.1: sent by the WebSocket layer itself
	for _, c := range catalogue.Closes {
		codes = append(codes, strconv.Itoa(c.Code))
	}
	var names []string
	for _, e := range catalogue.Errors {
		names = append(names, e.Name)
	}
	snake := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	all := rows(section(t, text(t, "docs/protocol.md"), "What bad input gets"))
	if len(all) < 40 {
		t.Fatalf("only %d rows found", len(all))
	}
	for _, row := range all {
		if !quoted.MatchString(row[len(row)-1]) {
			t.Errorf("%q has no test", row[0])
		}
		if len(row) < 4 {
			continue
		}
		said := regexp.MustCompile(`\(.*?\)`).ReplaceAllString(row[1], "") // reasons of events stand in brackets
		for _, m := range quoted.FindAllStringSubmatch(said, -1) {
			if snake.MatchString(m[1]) && !slices.Contains(names, m[1]) {
				t.Errorf("%q names the error %s, which the catalogue does not have", row[0], m[1])
			}
		}
		for _, m := range regexp.MustCompile(`close (\d+)`).FindAllStringSubmatch(row[1], -1) {
			if !slices.Contains(codes, m[1]) {
				t.Errorf("%q names the close code %s, which the catalogue does not have", row[0], m[1])
			}
		}
	}
}

// TestConformanceIsTestedOrNotYet: a clause without a test has to say that it is not done.
func TestConformanceIsTestedOrNotYet(t *testing.T) {
	all := rows(text(t, "docs/conformance.md"))
	if len(all) < 50 {
		t.Fatalf("only %d rows found", len(all))
	}
	for _, row := range all {
		if len(row) != 3 || (row[2] == "" && !strings.HasPrefix(row[1], "not yet")) {
			t.Errorf("%q has no test and does not say that it is not yet done", row)
		}
	}
}
