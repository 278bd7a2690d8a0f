//go:build interop

package kamailio

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"causeway/test/capture"
	"causeway/test/lab"
	"causeway/test/rig"
)

const trunkSecret = "trunk-knows-it"

// startPBX is Kamailio as a PBX that asks for a password at every request.
func startPBX(t *testing.T) *process {
	t.Helper()
	rig.Needs(t, "kamailio", "ip", "tcpdump", "tshark")
	dir := t.TempDir()
	render(t, "pbx.cfg", filepath.Join(dir, "pbx.cfg"), map[string]string{"PBX": pcscfIP, "Home": home, "Account": "gateway", "Secret": trunkSecret,
		"Phone": baresip.impi(), "PhoneUser": baresip.number, "PhoneSecret": baresip.password})
	until(t, "the ports of the last test's core", rig.Patience, func() bool { return !listening(pcscfIP) })
	p := kamailio(t, dir, "pbx")
	until(t, "the PBX", rig.Patience, func() bool { p.alive(t); return listening(pcscfIP) })
	return p
}

// TestTrunk: the gateway as an account of a PBX that knows nothing of IMS: it registers by digest, its users call a phone of the PBX and
// are called by it, and nothing of IMS stands on the wire.
func TestTrunk(t *testing.T) {
	woman, other := speak(t, "demo-congrats", 0), speak(t, "demo-abouttotry", 2*time.Second)
	pbx := startPBX(t)
	record := scene(t)
	file := filepath.Join(t.TempDir(), "password")
	write(t, file, []byte(trunkSecret+"\n"))
	t.Chdir("..") // the rig's sample configuration is two folders up from where it is used
	b := rig.Start(t, rig.Options{
		Lab: func(cfg *lab.Config) { cfg.NoCore, cfg.NoHandsets, cfg.NoPCRF = true, true, true },
		Env: []string{
			fmt.Sprintf(`CAUSEWAY_IMS_SIP_LISTEN=["udp:%s:5060", "tcp:%s:5060"]`, gatewayIP, gatewayIP),
			"CAUSEWAY_IMS_CORE_ADDRESS=" + pcscfIP + ":5060", "CAUSEWAY_IMS_HOME_DOMAIN=" + home, "CAUSEWAY_MEDIA_CORE_ADDRESS=" + gatewayIP,
			"CAUSEWAY_IMS_TRUNK_ENABLED=true", "CAUSEWAY_IMS_TRUNK_USERNAME=gateway", "CAUSEWAY_IMS_TRUNK_PASSWORD_FILE=" + file, "CAUSEWAY_IMS_TRUNK_REGISTER=true", "CAUSEWAY_IMS_SMS_ENABLED=false", "CAUSEWAY_IMS_SMS_PSI=",
		},
	})
	far := startPhone(t, other)
	p := open(t, b, woman)
	callsBothWays(t, p, far, woman, other)
	settled(t, b)
	p.Close()
	judgeTrunk(t, pbx, record.Stop(t))
}

// judgeTrunk has the capture read by tshark and looks for what a PBX need not see.
func judgeTrunk(t *testing.T, pbx *process, file string) {
	t.Helper()
	if _, err := os.Stat(file); err != nil {
		t.Fatal(err)
	}
	problems, err := capture.Check(t.Context(), file, rules())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("capture: %s", p)
	}
	messages, err := capture.Messages(t.Context(), file, rules())
	if err != nil {
		t.Fatal(err)
	}
	ims := regexp.MustCompile(`(?i)^(P-[a-z-]+|Path|Service-Route|Accept-Contact|Security-[a-z]+):|g\.3gpp|urn-7|icsi`)
	proved := map[string]bool{}
	for _, m := range messages {
		if !rules().Ours(m) {
			continue
		}
		method, _, _ := strings.Cut(m.Line, " ")
		for _, h := range m.Headers {
			if ims.MatchString(h) {
				t.Errorf("frame %d, %s: %s", m.Frame, m.Line, h)
			}
			proved[method] = proved[method] || strings.Contains(h, "uthorization: Digest")
		}
	}
	for _, method := range []string{"REGISTER", "INVITE", "BYE"} {
		if !proved[method] {
			t.Errorf("no %s proved the password", method)
		}
	}
	if s := pbx.said(); strings.Contains(s, "MALFORMED") || strings.Contains(s, "parse error") {
		t.Error("the PBX complains of a message")
	}
	pbx.alive(t)
}
