// Package test keeps the house's rules that no compiler keeps: who may import whom, and the budgets.
package test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms says what each package may import of this module, besides what it lies above by listing. A name with a
// trailing slash and dots stands for everything below it. What is not listed may import nothing of ours.
// The reason is in docs/architecture.md: data flows down as calls and up as events, and no package knows its caller.
var rooms = map[string][]string{
	"cmd/causeway":     {"..."},
	"cmd/causeway-lab": {"test/lab"},
	"configs":          {"signaling", "media", "transcode/opus", "transcode/amr", "diameter/peer", "diameter/rx", "web"},

	"signaling":                 {"signaling/...", "media", "diameter/rx"},
	"signaling/ws":              {"signaling/wire"},
	"signaling/sipws":           {"signaling/wire", "signaling/pace", "signaling/sip/dialog", "signaling/sip/refer", "signaling/sip/transaction", "signaling/sip/transport"},
	"signaling/session":         {"signaling/wire", "signaling/pace", "signaling/auth", "signaling/b2bua", "signaling/messaging", "signaling/call", "signaling/sdp", "signaling/ims", "signaling/sip/digest"},
	"signaling/messaging":       {"signaling/wire", "signaling/call", "signaling/ims", "signaling/pace", "signaling/sms", "signaling/sip/cpim", "signaling/sip/identity"},
	"signaling/b2bua":           {"signaling/wire", "signaling/call", "signaling/sdp", "signaling/ims", "signaling/sip/pidf", "media", "diameter/rx"},
	"signaling/sip/transaction": {"signaling/sip/transport"},
	"signaling/sip/dialog":      {"signaling/sip/transaction", "signaling/sip/transport"},
	"signaling/sip/hop":         {"signaling/sip/dialog", "signaling/sip/transaction", "signaling/sip/transport"},
	"signaling/sip/service":     {"signaling/sip/dialog", "signaling/sip/identity"},
	"signaling/sip/refer":       {"signaling/sip/dialog"},
	"signaling/dialplan":        {"signaling/sip/identity", "signaling/call"},
	"signaling/ims":             {"signaling/sip/...", "signaling/dialplan", "signaling/call", "signaling/sdp"},

	"media":        {"media/...", "transcode"},
	"media/udp":    {"media/packet"},
	"media/xdp":    {"media/demux"},
	"media/demux":  {"media/packet"},
	"media/tcp":    {"media/packet"},
	"media/relay":  {"media/packet", "media/demux", "media/tcp"},
	"media/ice":    {},
	"media/access": {"media/packet", "media/udp", "media/tcp", "media/ice", "media/demux"},
	"media/core":   {"media/packet", "media/udp"},
	"media/bridge": {"media/packet", "media/inband", "transcode"},
	"media/video":  {"media/packet"},

	"transcode/g711":      {"transcode"},
	"transcode/g722":      {"transcode"},
	"transcode/opus":      {"transcode"},
	"transcode/amr":       {"transcode"},
	"transcode/codectest": {"transcode"},

	"transcode/resample": {"transcode"},
	"transcode/jitter":   {"transcode"},
	"transcode/vp8":      {"transcode/picture"},
	"transcode/h264":     {"transcode/picture"},
	"transcode/video":    {"transcode/picture", "transcode/vp8", "transcode/h264"},
	"diameter/farend":    {},
	"diameter/peer":      {"diameter/dict"},
	"diameter/rx":        {"diameter/peer", "diameter/dict"},

	"web/bundle": {"web/..."},

	"test/lab":         {"test/lab/..."},
	"test/lab/...":     {"test/lab/..."},
	"test/pair":        {"media", "transcode/...", "transcode", "test/..."},
	"test/browser":     {"test/tone"},
	"test/rig":         {"test/..."},
	"test/e2e":         {"..."},
	"test/interop":     {"..."},
	"test/interop/...": {"..."},
	"test/load":        {"..."},
}

// forTests are rooms beside what they help to test; no program has them in it.
var forTests = []string{"diameter/farend", "transcode/codectest"}

type pkg struct {
	ImportPath string
	Imports    []string
	GoFiles    []string
}

// list returns the module's packages as the go tool sees them, without test files.
func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-tags", "e2e,interop,bench", "-json=ImportPath,Imports,GoFiles", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, "causeway/")
		all = append(all, p)
	}
}

func TestWhoMayImportWhom(t *testing.T) {
	for _, p := range list(t) {
		for _, imported := range p.Imports {
			name, ours := strings.CutPrefix(imported, "causeway/")
			if ours && !allowed(p.ImportPath, name) {
				t.Errorf("%s imports %s, which the room plan does not allow (docs/architecture.md)", p.ImportPath, name)
			}
		}
	}
}

func TestProgramsHaveNoTestRooms(t *testing.T) {
	for _, p := range list(t) {
		ours := slices.Contains(forTests, p.ImportPath) || covers("test/...", p.ImportPath) || p.ImportPath == "cmd/causeway-lab"
		for _, imported := range p.Imports {
			if name := strings.TrimPrefix(imported, "causeway/"); !ours && (slices.Contains(forTests, name) || covers("test/...", name)) {
				t.Errorf("%s imports %s, which is for tests alone", p.ImportPath, name)
			}
		}
	}
}

func allowed(from, to string) bool {
	for room, may := range rooms {
		if !covers(room, from) {
			continue
		}
		if slices.ContainsFunc(may, func(m string) bool { return covers(m, to) }) {
			return true
		}
	}
	return false
}

// covers matches a package name against one of the plan: exact, "x/..." for everything below x, "..." for all.
func covers(plan, name string) bool {
	if plan == "..." {
		return true
	}
	if below, ok := strings.CutSuffix(plan, "/..."); ok {
		return strings.HasPrefix(name, below+"/")
	}
	return plan == name
}

// maxFiles is the budget of files in one package: what a reader can hold in the head at once.
const maxFiles = 16

func TestPackagesStaySmall(t *testing.T) {
	for _, p := range list(t) {
		if len(p.GoFiles) > maxFiles {
			t.Errorf("%s has %d files, more than %d: it is more than one package", p.ImportPath, len(p.GoFiles), maxFiles)
		}
	}
}
