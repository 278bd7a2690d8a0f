package rig

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// Agents is a script for a page: JsSIP and SIP.js as npm has them, behind the face of testdata/agents, as the global "agents". The
// packages are where make deps-test puts them; without them the test is skipped, loudly, and fails where CI is set.
func Agents(t *testing.T) string {
	t.Helper()
	modules := filepath.Join(root(t), "bin", "node_modules")
	for _, name := range []string{"jssip", "sip.js"} {
		if _, err := os.Stat(filepath.Join(modules, name)); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("SKIPPING IS NOT ALLOWED HERE: %v: make deps-test", err)
			}
			t.Skipf("SKIPPED, THE FOREIGN USER AGENTS ARE MISSING: %v: make deps-test", err)
		}
	}
	r := api.Build(api.BuildOptions{EntryPoints: []string{filepath.Join(root(t), "test", "rig", "testdata", "agents", "agents.js")}, Bundle: true,
		Format: api.FormatIIFE, GlobalName: "agents", Target: api.ES2020, NodePaths: []string{modules},
		Define: map[string]string{"process.env.NODE_ENV": `"production"`}, LogLevel: api.LogLevelSilent})
	if len(r.Errors) > 0 {
		t.Fatalf("bundle: %s in %+v", r.Errors[0].Text, r.Errors[0].Location)
	}
	return string(r.OutputFiles[0].Contents)
}
