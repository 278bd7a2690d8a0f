package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

const root = ".."

// TestCommittedFilesAreCurrent builds everything anew and compares it with what is committed and embedded.
func TestCommittedFilesAreCurrent(t *testing.T) {
	table, err := errorsModule(root)
	if err != nil {
		t.Fatal(err)
	}
	same(t, filepath.Join(root, errorsPath), table)
	files, err := bundles(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		same(t, filepath.Join(root, "dist", name), data)
	}
	entries, err := os.ReadDir(filepath.Join(root, "dist"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := files[e.Name()]; !ok && !e.IsDir() {
			t.Errorf("dist/%s is built by nothing", e.Name())
		}
	}
}

func same(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not current: run \"go generate ./web\" (%v)", path, err)
	}
}

// TestTypes checks the types of SDK and page and that the committed declarations are current.
func TestTypes(t *testing.T) {
	declared, err := declarations(root)
	if errors.Is(err, errNoCompiler) {
		t.Skip("NOT RUN: " + err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range declared {
		same(t, filepath.Join(root, "dist", "types", name), data)
	}
}

// TestDeclarationsCoverTheSources needs no compiler: every module of the SDK has its declarations.
func TestDeclarationsCoverTheSources(t *testing.T) {
	err := filepath.WalkDir(filepath.Join(root, "sdk", "src"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(filepath.Join(root, "sdk", "src"), strings.TrimSuffix(path, ".ts")+".d.ts")
		if err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(root, "dist", "types", rel)); err != nil {
			t.Errorf("no declarations for %s: run \"go run ./bundle -types\" in web", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestClientDocument holds the tables of docs/client.md against the declared events and options.
func TestClientDocument(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join(root, "..", "docs", "client.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, c := range []struct{ file, from string }{
		{"client/phoneparts.d.ts", "type PhoneEvents = {"}, {"client/phoneparts.d.ts", "interface PhoneOptions {"}, {"client/callparts.d.ts", "type CallEvents = {"},
	} {
		data, err := os.ReadFile(filepath.Join(root, "dist", "types", c.file))
		if err != nil {
			t.Fatal(err)
		}
		_, body, ok := strings.Cut(string(data), c.from)
		body, _, closed := strings.Cut(body, "\n}")
		if !ok || !closed {
			t.Fatalf("%s has no %q", c.file, c.from)
		}
		for _, m := range regexp.MustCompile(`(?m)^    (\w+)\??:`).FindAllStringSubmatch(body, -1) {
			found++
			if !bytes.Contains(doc, []byte("| `"+m[1]+"` |")) {
				t.Errorf("docs/client.md has no row for %s of %q", m[1], c.from)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d names found in the declarations", found)
	}
}

// TestSDK runs the SDK's own tests under Node's test runner.
func TestSDK(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("NOT RUN: node is not installed, so the tests of the SDK were not run")
	}
	tests, err := filepath.Glob(filepath.Join(root, "sdk", "test", "*.test.ts"))
	if err != nil || len(tests) == 0 {
		t.Fatalf("no tests of the SDK found: %v", err)
	}
	dir := t.TempDir()
	args := []string{"--test"}
	for _, file := range tests {
		rel, err := filepath.Rel(root, file)
		if err != nil {
			t.Fatal(err)
		}
		data, err := build(root, api.BuildOptions{EntryPoints: []string{rel}, Format: api.FormatESModule, Platform: api.PlatformNode})
		if err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, strings.TrimSuffix(filepath.Base(file), ".ts")+".mjs")
		if err := os.WriteFile(out, data, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, out)
	}
	text, err := exec.CommandContext(t.Context(), node, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, text)
	}
	if !bytes.Contains(text, []byte("# fail 0")) {
		t.Errorf("unexpected report:\n%s", text)
	}
}
