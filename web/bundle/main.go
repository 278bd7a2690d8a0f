package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("root", ".", "folder of the package web")
	types := flag.Bool("types", false, "also write the type declarations; needs tsc (TypeScript 5) in PATH or named by $TSC")
	flag.Parse()
	if err := run(*root, *types); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

// run writes every generated file below root.
func run(root string, types bool) error {
	table, err := errorsModule(root)
	if err != nil {
		return err
	}
	if err := write(filepath.Join(root, errorsPath), table); err != nil {
		return err
	}
	files, err := bundles(root)
	if err != nil {
		return err
	}
	for name, data := range files {
		if err := write(filepath.Join(root, "dist", name), data); err != nil {
			return err
		}
	}
	if !types {
		return nil
	}
	declared, err := declarations(root)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(root, "dist", "types")); err != nil {
		return fmt.Errorf("remove old types: %w", err)
	}
	for name, data := range declared {
		if err := write(filepath.Join(root, "dist", "types", name), data); err != nil {
			return err
		}
	}
	return nil
}

// write writes the file if its content changes, so that build systems see only real changes.
func write(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
