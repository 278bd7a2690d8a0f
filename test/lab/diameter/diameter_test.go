package diameter

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
)

func aar() *Message {
	return &Message{Flags: FlagRequest | FlagProxiable, Command: AA, App: 16777236, HopByHop: 1, EndToEnd: 2, AVPs: []AVP{
		Text(263, "gw;1;2"), Number(258, 16777236), {Code: 8, Mandatory: true, Data: []byte{192, 0, 2, 1}},
		Group(517, Number(518, 1).Of(Vendor3GPP), Group(519, Number(509, 1).Of(Vendor3GPP), Text(507, "permit in 17 from any to any").Of(Vendor3GPP)).Of(Vendor3GPP)).Of(Vendor3GPP),
		Address(257, netip.MustParseAddr("2001:db8::1")),
	}}
}

// TestBytes: one AVP by hand after RFC 6733 4.1, then a whole message back.
func TestBytes(t *testing.T) {
	if got := hex.EncodeToString(Text(264, "abcde").append(nil)); got != "000001084000000d6162636465000000" {
		t.Error(got)
	}
	if got := hex.EncodeToString(Number(511, 2).Of(Vendor3GPP).append(nil)); got != "000001ffc0000010000028af00000002" {
		t.Error(got)
	}
	data := aar().Bytes()
	m, err := Read(bytes.NewReader(data))
	if err != nil || !bytes.Equal(m.Bytes(), data) || m.Command != AA || m.App != 16777236 || m.Flags != 0xc0 {
		t.Fatalf("%+v %v", m, err)
	}
	text, err := json.Marshal(Describe(m.AVPs))
	for _, want := range []string{`"Framed-IP-Address","code":8,"value":"192.0.2.1"`, `"Flow-Description","code":507,"value":"permit in 17 from any to any"`, `"2001:db8::1"`} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if list := Check(m.AVPs); len(list) != 0 {
		t.Errorf("%q", list)
	}
}

func TestCheck(t *testing.T) {
	for want, a := range map[string]AVP{
		"unknown and mandatory":      Number(9999, 1).Of(Vendor3GPP),
		"M bit is true":              Number(533, 1).Of(Vendor3GPP),
		"Flow-Status: value does":    {Code: 511, Vendor: Vendor3GPP, Mandatory: true, Data: []byte{1}},
		"Media-Component-Descriptio": {Code: 517, Vendor: Vendor3GPP, Mandatory: true, Data: []byte{1, 2, 3}},
	} {
		if list := Check([]AVP{a}); len(list) != 1 || !strings.Contains(list[0], want) {
			t.Errorf("%s: %q", want, list)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(aar().Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		_ = Describe(m.AVPs)
		_ = Check(m.AVPs)
		if _, err := Read(bytes.NewReader(m.Bytes())); err != nil {
			t.Fatal(err)
		}
	})
}
