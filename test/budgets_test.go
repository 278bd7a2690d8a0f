package test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The budgets of what a reader looks at in one go. Files that a program writes, and C code of others, have none.
const (
	// maxLines is the budget of lines in one file of Go or TypeScript, tests included.
	maxLines = 400
	// maxFunction is the budget of lines in one function, from its first to its last.
	maxFunction = 60
	// maxFields is the budget of fields in one struct; an embedded one counts once.
	maxFields = 20
)

// sources calls look with each file of these endings that people write: its path from the module's root and its text.
func sources(t *testing.T, look func(path string, text []byte), endings ...string) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (name == "node_modules" || name == "testdata" || name == "dist" || name == ".git"):
			return filepath.SkipDir
		case entry.IsDir() || !hasEnding(name, endings):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(text, []byte("// Code generated ")) && !bytes.Contains(text, []byte("\n// Code generated ")) {
			seen++
			look(strings.TrimPrefix(filepath.ToSlash(path), "../"), text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Fatalf("no file ends in %s; the budget would hold for nothing", strings.Join(endings, ", "))
	}
}

func hasEnding(name string, endings []string) bool {
	for _, e := range endings {
		if strings.HasSuffix(name, e) {
			return true
		}
	}
	return false
}

func TestFilesStayShort(t *testing.T) {
	for _, ending := range []string{".go", ".ts"} {
		sources(t, func(path string, text []byte) {
			if n := bytes.Count(text, []byte("\n")); n > maxLines {
				t.Errorf("%s has %d lines, more than %d: split it by subject", path, n, maxLines)
			}
		}, ending)
	}
}

func TestFunctionsAndStructsStaySmall(t *testing.T) {
	files := token.NewFileSet()
	sources(t, func(path string, text []byte) {
		f, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				lines := length(files, n)
				if strings.HasSuffix(path, "_test.go") {
					lines -= inner(files, n)
				}
				if lines > maxFunction {
					t.Errorf("%s: %s has %d lines, more than %d: give a step of it a name", files.Position(n.Pos()), n.Name.Name, lines, maxFunction)
				}
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok && s.Fields.NumFields() > maxFields {
					t.Errorf("%s: %s has %d fields, more than %d: group what belongs together", files.Position(n.Pos()), n.Name.Name, s.Fields.NumFields(), maxFields)
				}
			}
			return true
		})
	}, ".go")
}

func length(files *token.FileSet, n ast.Node) int {
	return files.Position(n.End()).Line - files.Position(n.Pos()).Line + 1
}

// inner counts the lines of the functions and tables written inside one: in a test they are subtests, what a fake does, and rows, each
// a reader's own look.
func inner(files *token.FileSet, f *ast.FuncDecl) (lines int) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncLit, *ast.CompositeLit:
			lines += length(files, n) - 1
			return false
		}
		return true
	})
	return lines
}
