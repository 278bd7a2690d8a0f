package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// errorsPath is the generated TypeScript catalogue, relative to the package web.
const errorsPath = "sdk/src/protocol/errors.ts"

// errorsModule turns the protocol's error catalogue into a TypeScript module.
func errorsModule(root string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(root, "..", "signaling", "wire", "errors.json"))
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	var c struct {
		Errors []struct {
			Code      int    `json:"code"`
			Name      string `json:"name"`
			Message   string `json:"message"`
			Hint      string `json:"hint"`
			Retryable bool   `json:"retryable"`
		} `json:"errors"`
		Closes []struct {
			Code      int    `json:"code"`
			Name      string `json:"name"`
			Reconnect bool   `json:"reconnect"`
		} `json:"closes"`
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("parse catalogue: %w", err)
	}
	var b strings.Builder
	b.WriteString("// Generated from signaling/wire/errors.json by \"go generate ./web\"; do not edit.\n\n")
	b.WriteString("/** Every error of the protocol and of this SDK, by name. */\nexport const catalogue = {\n")
	for _, e := range c.Errors {
		fmt.Fprintf(&b, "  %s: { code: %d, message: %s, hint: %s, retryable: %t },\n", e.Name, e.Code, quote(e.Message), quote(e.Hint), e.Retryable)
	}
	b.WriteString("} as const;\n\n/** Name of an error: branch on this, not on code or message. */\nexport type ErrorName = keyof typeof catalogue;\n\n")
	b.WriteString("/** WebSocket close codes, and whether connecting again makes sense. */\n")
	b.WriteString("export const closes: readonly { code: number; name: string; reconnect: boolean }[] = [\n")
	for _, e := range c.Closes {
		fmt.Fprintf(&b, "  { code: %d, name: %s, reconnect: %t },\n", e.Code, quote(e.Name), e.Reconnect)
	}
	b.WriteString("];\n")
	return []byte(b.String()), nil
}

// quote writes a JavaScript string, which a JSON string is (ECMA-262 since 2019).
func quote(s string) string {
	data, _ := json.Marshal(s) // a string always marshals
	return string(data)
}

// target is the oldest JavaScript the bundles speak: every browser with a complete RTCPeerConnection reads it.
const target = api.ES2020

// bundles builds the files of dist, by name.
func bundles(root string) (map[string][]byte, error) {
	banner := map[string]string{"js": "/*! Causeway client, Apache-2.0 */"}
	sdk := []string{"sdk/src/index.ts"}
	out := map[string][]byte{}
	for name, options := range map[string]api.BuildOptions{
		"causeway.js": {EntryPoints: sdk, Format: api.FormatIIFE, GlobalName: "Causeway", Banner: banner,
			MinifySyntax: true, MinifyWhitespace: true, MinifyIdentifiers: true},
		"causeway.mjs": {EntryPoints: sdk, Format: api.FormatESModule, Banner: banner},
		"phone.js": {EntryPoints: []string{"pages/src/main.ts"}, Format: api.FormatIIFE, Banner: banner,
			MinifySyntax: true, MinifyWhitespace: true, MinifyIdentifiers: true},
		"phone.css": {EntryPoints: []string{"pages/phone.css"}, MinifySyntax: true, MinifyWhitespace: true},
	} {
		data, err := build(root, options)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = data
	}
	out["causeway.d.ts"] = []byte("// Type declarations of causeway.js and causeway.mjs.\nexport * from \"./types/index\";\nexport as namespace Causeway;\n")
	out["causeway.d.mts"] = []byte("// Type declarations of causeway.mjs for Node's module resolution.\nexport * from \"./types/index\";\n")
	return out, nil
}

// build runs esbuild for one result.
func build(root string, options api.BuildOptions) ([]byte, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", root, err)
	}
	options.AbsWorkingDir, options.Bundle, options.Target = abs, true, target
	options.Charset, options.LegalComments = api.CharsetUTF8, api.LegalCommentsNone
	options.TsconfigRaw = `{"compilerOptions":{"target":"es2020","verbatimModuleSyntax":true}}`
	options.External = []string{"/favicon.svg"} // served by the gateway as it is
	options.LogLevel = api.LogLevelSilent
	options.Outdir = abs // names nothing: nothing is written
	result := api.Build(options)
	if len(result.Errors) > 0 {
		return nil, errors.New(strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), "\n"))
	}
	if len(result.Warnings) > 0 {
		return nil, errors.New(strings.Join(api.FormatMessages(result.Warnings, api.FormatMessagesOptions{}), "\n"))
	}
	if len(result.OutputFiles) != 1 {
		return nil, fmt.Errorf("esbuild made %d files, expected one", len(result.OutputFiles))
	}
	return result.OutputFiles[0].Contents, nil
}

// errNoCompiler means that the TypeScript compiler is not installed.
var errNoCompiler = errors.New("tsc is not installed: put TypeScript 5 into PATH, or name its tsc in $TSC")

// compiler finds tsc.
func compiler() (string, error) {
	if named := os.Getenv("TSC"); named != "" {
		return named, nil
	}
	path, err := exec.LookPath("tsc")
	if err != nil {
		return "", errNoCompiler
	}
	return path, nil
}

// declarations checks the types of SDK and page and returns the SDK's .d.ts files by their path below sdk/src.
func declarations(root string) (map[string][]byte, error) {
	tsc, err := compiler()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "types")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	for _, args := range [][]string{
		{"-p", "sdk"},
		{"-p", "sdk/tsconfig.types.json", "--outDir", dir},
	} {
		cmd := exec.Command(tsc, args...)
		cmd.Dir = root
		if text, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("tsc %s: %w\n%s", strings.Join(args, " "), err, text)
		}
	}
	out := map[string][]byte{}
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		out[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read declarations: %w", err)
	}
	return out, nil
}
