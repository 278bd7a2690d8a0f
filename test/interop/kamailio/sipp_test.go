//go:build interop

package kamailio

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"causeway/test/lab/amr"
	"causeway/test/lab/codec"
	"causeway/test/lab/rtp"
	"causeway/test/rig"
)

const (
	sippSIP      = 5070
	sippMediaMO  = 30010 // where a called SIPp wants its media; one port for each voice, for one port is one stream
	sippMediaMT  = 30020
	sippMediaAny = 30030
)

// script is what a SIPp scenario is made of.
type script struct {
	Home, User, Private, Password string // whom it plays
	To                            string // whom it calls
	Speech                        string // AMR-WB in a capture file
	Refuse                        string // "486 Busy Here"
	Cancelled, HangUp             bool
	Talk                          int // milliseconds until it hangs up
}

// play starts SIPp with a scenario as a handset behind the P-CSCF.
func play(t *testing.T, name string, s script, media int) *process {
	t.Helper()
	rig.Needs(t, "sipp")
	s.Home, s.User, s.Private, s.Password = home, sipp.impu(), sipp.impi(), sipp.password
	file := filepath.Join(t.TempDir(), name)
	render(t, name, file, s)
	p := start(t, "sipp "+name, "sipp", "-sf", file, "-i", sippIP, "-p", fmt.Sprint(sippSIP), "-mi", sippIP, "-mp", fmt.Sprint(media),
		"-m", "1", "-nostdin", "-trace_err", "-timeout", "180s", "-timeout_error", "-cid_str", "%u-%p-"+name+"@%s", pcscfIP+":5060")
	if name == "uas.xml" {
		until(t, "SIPp's port", rig.Patience, func() bool {
			p.alive(t)
			out, err := exec.Command("ss", "-Hlun", "src", fmt.Sprintf("%s:%d", sippIP, sippSIP)).Output()
			return err == nil && len(out) > 0
		})
	}
	return p
}

// recording writes a voice as bandwidth-efficient AMR-WB into a capture file, for SIPp to play.
func recording(t *testing.T, v voice, rounds int) string {
	t.Helper()
	if !codec.Available() {
		rig.Missing(t, "this build has no AMR-WB encoder")
	}
	enc, err := codec.NewEncoder("AMR-WB", false)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	enc.SetMode(8)
	form := amr.Form{Wideband: true}
	out := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4) // pcap, microseconds
	out = append(out, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	out = binary.LittleEndian.AppendUint32(out, 65535)
	out = binary.LittleEndian.AppendUint32(out, 1) // Ethernet
	n := 0
	for range rounds {
		for at := 0; at+320 <= len(v.pcm); at += 320 {
			stored, err := enc.Encode(v.pcm[at : at+320])
			if err != nil {
				t.Fatal(err)
			}
			frame, _, err := form.FromStorage(stored)
			if err != nil {
				t.Fatal(err)
			}
			payload, err := form.Pack(15, []amr.Frame{frame})
			if err != nil {
				t.Fatal(err)
			}
			p := rtp.Packet{PayloadType: 97, Marker: n == 0, Sequence: uint16(n), Timestamp: uint32(320 * n), SSRC: 0x5155, Payload: payload}
			out = datagram(out, time.Duration(n)*20*time.Millisecond, p.Append(nil))
			n++
		}
	}
	file := filepath.Join(t.TempDir(), "speech.pcap")
	write(t, file, out)
	return file
}

// datagram appends one packet to a capture: Ethernet, IPv4, UDP. SIPp writes its own addresses and checksums.
func datagram(out []byte, at time.Duration, payload []byte) []byte {
	ip := make([]byte, 20)
	ip[0], ip[8], ip[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(ip[2:], uint16(28+len(payload)))
	copy(ip[12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	udp := []byte{0x75, 0x30, 0x75, 0x30, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(udp[4:], uint16(8+len(payload)))
	size := uint32(14 + len(ip) + len(udp) + len(payload))
	out = binary.LittleEndian.AppendUint32(out, uint32(at/time.Second))
	out = binary.LittleEndian.AppendUint32(out, uint32(at%time.Second/time.Microsecond))
	out = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(out, size), size)
	out = append(out, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0)
	return append(append(append(out, ip...), udp...), payload...)
}

// TestSIPp: recorded speech through Kamailio's core to and from a SIPp handset with bandwidth-efficient AMR-WB, a reliable
// 183, ends by either side, and calls that come to nothing.
func TestSIPp(t *testing.T) {
	woman, other := speak(t, "demo-congrats", 0), speak(t, "demo-abouttotry", 2*time.Second)
	c := startCore(t)
	record := scene(t)
	b := c.bed(t, gatewayIP)
	speech := recording(t, other, 18)
	play(t, "register.xml", script{}, sippMediaAny).done(t, time.Minute)
	p := open(t, b, woman)
	sippHears := func(port uint16) func() bool {
		return func() bool {
			return woman.good(onTheWire(t, record.SoFar(t), netip.AddrPortFrom(netip.MustParseAddr(sippIP), port), false))
		}
	}
	const gone = `window.causeway.phone.calls.length === 0`
	fails := func(name string) {
		t.Helper()
		p.Until("the error "+name, fmt.Sprintf(`document.querySelector('[data-testid="error"]').dataset.name === %q`, name))
		p.Until("no call in the page", gone)
	}

	t.Run("originating", func(t *testing.T) { // 183, PRACK, 180, 200; the page hangs up
		far := play(t, "uas.xml", script{Speech: speech}, sippMediaMO)
		p.Dial(sipp.number)
		p.State("active")
		listen(p)
		heardByPage := recorded(t, p, other, sippHears(sippMediaMO))
		p.Click("hangup")
		far.done(t, time.Minute)
		p.Until("no call in the page", gone)
		other.same(t, "originating in the page", heardByPage, woman)
	})
	t.Run("terminating", func(t *testing.T) {
		far := play(t, "uac.xml", script{To: alice.impu(), Speech: speech}, sippMediaMT)
		p.Click("answer")
		p.State("active")
		listen(p)
		heardByPage := recorded(t, p, other, sippHears(sippMediaMT))
		p.Click("hangup")
		far.done(t, time.Minute)
		p.Until("no call in the page", gone)
		other.same(t, "terminating in the page", heardByPage, woman)
	})
	t.Run("the handset hangs up", func(t *testing.T) {
		far := play(t, "uas.xml", script{Speech: speech, HangUp: true, Talk: 500}, sippMediaAny)
		p.Dial(sipp.number)
		p.State("active")
		far.done(t, time.Minute)
		p.Until("no call in the page", gone)
	})
	t.Run("the caller gives up", func(t *testing.T) {
		far := play(t, "uas.xml", script{Cancelled: true}, sippMediaAny)
		p.Dial(sipp.number)
		p.State("ringing")
		p.Click("hangup")
		far.done(t, time.Minute)
		p.Until("no call in the page", gone)
	})
	t.Run("the calling handset gives up", func(t *testing.T) {
		play(t, "uac.xml", script{To: alice.impu(), Cancelled: true}, sippMediaAny).done(t, time.Minute)
		p.Until("no call in the page", gone)
	})
	t.Run("busy", func(t *testing.T) {
		far := play(t, "uas.xml", script{Refuse: "486 Busy Here"}, sippMediaAny)
		p.Dial(sipp.number)
		far.done(t, time.Minute)
		fails("busy")
	})
	t.Run("nobody has the number", func(t *testing.T) {
		p.Dial("+15550299")
		fails("number_unknown")
	})
	settled(t, b)
	p.Close()
	file := judge(t, c, record, []string{"REGISTER", "INVITE", "PRACK", "ACK", "CANCEL", "BYE"})
	for name, port := range map[string]uint16{"originating": sippMediaMO, "terminating": sippMediaMT} {
		to := netip.AddrPortFrom(netip.MustParseAddr(sippIP), port)
		woman.same(t, name+" on the wire to SIPp", onTheWire(t, file, to, false), other)
	}
}
