package test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedTestsExist reads the documents that name tests: one that is not in the tree proves nothing.
func TestDocumentedTestsExist(t *testing.T) {
	named := regexp.MustCompile("`([a-z0-9/]+)\\.(Test[A-Za-z0-9]+)`")
	for _, doc := range []string{"conformance.md", "protocol.md", "operator.md"} {
		text, err := os.ReadFile(filepath.Join("..", "docs", doc))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			found++
			if !declared(t, m[1], m[2]) {
				t.Errorf("docs/%s names %s.%s, which does not exist", doc, m[1], m[2])
			}
		}
		if found == 0 && doc != "operator.md" {
			t.Errorf("docs/%s names no test", doc)
		}
	}
}

func declared(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "func "+name+"(") {
			return true
		}
	}
	return false
}

// TestEveryMetricIsDocumented holds the operator guide's table against the metrics of the program.
func TestEveryMetricIsDocumented(t *testing.T) {
	code, err := os.ReadFile("../cmd/causeway/metrics.go")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("../docs/operator.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, m := range regexp.MustCompile(`(gauge|counter|histogram)\("([a-z_]+)"`).FindAllStringSubmatch(string(code), -1) {
		name := "causeway_" + m[2]
		if m[1] == "counter" {
			name += "_total"
		}
		found++
		if !strings.Contains(string(guide), "`"+name+"`") {
			t.Errorf("docs/operator.md lacks %s", name)
		}
	}
	if found < 20 {
		t.Errorf("only %d metrics found in the code", found)
	}
}
