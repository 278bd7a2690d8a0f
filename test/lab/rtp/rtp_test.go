package rtp

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func TestPacket(t *testing.T) {
	p := Packet{PayloadType: 98, Marker: true, Sequence: 0xfffe, Timestamp: 0x01020304, SSRC: 0xa0b0c0d0, Payload: []byte{1, 2}}
	b := p.Append(nil)
	if hex.EncodeToString(b) != "80e2fffe01020304a0b0c0d00102" {
		t.Errorf("%x", b)
	}
	b[0] |= 0x31 // one CSRC, an extension, padding
	b = append(b[:12], append([]byte{9, 9, 9, 9, 0xbe, 0xde, 0, 1, 7, 7, 7, 7}, 1, 2, 0, 2)...)
	got, err := Parse(b)
	if err != nil || !bytes.Equal(got.Payload, []byte{1, 2}) || got.Sequence != 0xfffe || !got.Marker || got.PayloadType != 98 {
		t.Errorf("%+v %v", got, err)
	}
	for _, bad := range []string{"", "80", "40620001010203040506070801", "906200010102030405060708bede00ff", "a06200010102030405060708ff", "a0620001010203040506070800"} {
		data, _ := hex.DecodeString(bad)
		if p, err := Parse(data); err == nil {
			t.Errorf("%s accepted: %+v", bad, p)
		}
	}
}

func TestEvent(t *testing.T) {
	e := Event{Code: 11, End: true, Volume: 10, Duration: 1600}
	if hex.EncodeToString(e.Bytes()) != "0b8a0640" {
		t.Errorf("%x", e.Bytes())
	}
	if got, err := ParseEvent(e.Bytes()); err != nil || got != e || Digit(got.Code) != '#' {
		t.Errorf("%+v %v", got, err)
	}
	if c, ok := EventCode('D'); !ok || c != 15 || Digit(16) != 0 {
		t.Error("event codes")
	}
}

func TestReport(t *testing.T) {
	r := Report{SSRC: 1, Sender: true, NTP: 2 << 32, RTPTime: 3, Packets: 4, Octets: 5, CNAME: "abc", Bye: true,
		Blocks: []Block{{SSRC: 9, FractionLost: 128, Lost: 7, HighestSeq: 70000, Jitter: 11, LastSR: 12, Delay: 13}}}
	got, err := ParseReport(r.Bytes())
	if err != nil || got.CNAME != "abc" || !got.Bye || len(got.Blocks) != 1 || got.Blocks[0] != r.Blocks[0] || got.Packets != 4 || got.NTP != r.NTP {
		t.Errorf("%+v %v", got, err)
	}
	for _, bad := range []string{"80ca0001000000010000", "80c800010000", "81c90001000000ff", "00c9000100000001"} {
		data, _ := hex.DecodeString(bad)
		if r, err := ParseReport(data); err == nil {
			t.Errorf("%s accepted: %+v", bad, r)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Packet{Payload: []byte{1}}.Append(nil))
	f.Add(Report{CNAME: "x", Blocks: []Block{{}}}.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := Parse(data); err == nil && len(p.Payload) > len(data)-12 {
			t.Fatal("payload longer than the packet")
		}
		_, _ = ParseReport(data)
		_, _ = ParseEvent(data)
	})
}
