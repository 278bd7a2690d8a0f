package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"causeway/test/lab/leaktest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }

// TestRun: the table names what runs, and an ended context is a clean exit.
func TestRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errOut strings.Builder
	free := []string{"-core-addr=127.0.0.1:0", "-handsets-addr=127.0.0.1:0", "-pcrf-addr=127.0.0.1:0", "-http-addr=127.0.0.1:0", "-log=warn"}
	if code := run(ctx, free, &out, &errOut); code != 0 {
		t.Fatal(code, errOut.String())
	}
	for _, want := range []string{"core", "pcrf", "issuer", "+15550101", "trusts 127.0.0.1:5060"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in\n%s", want, out.String())
		}
	}
	out.Reset()
	if code := run(ctx, append(free, "-core=false", "-pcrf=false"), &out, &errOut); code != 0 || strings.Contains(out.String(), "Diameter") {
		t.Errorf("%d\n%s", code, out.String())
	}
}

func TestBadUse(t *testing.T) {
	for args, want := range map[string]int{"-x": exitUsage, "extra": exitUsage, "-pace=0": exitUsage, "-gateway=here": exitUsage, "-core-addr=192.0.2.1:5": exitFailed, "-h": 0} {
		var out, errOut strings.Builder
		if code := run(t.Context(), strings.Fields(args), &out, &errOut); code != want || errOut.Len() == 0 {
			t.Errorf("%s: %d %q", args, code, errOut.String())
		}
	}
}
