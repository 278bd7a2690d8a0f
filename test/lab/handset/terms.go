package handset

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"causeway/test/lab/sdp"
	"causeway/test/lab/voice"
)

// errNoCodec becomes 488.
var errNoCodec = errors.New("no codec in common")

// can says whether a handset with these abilities takes a codec from SDP.
func can(abilities []string, c sdp.Codec) bool {
	for _, a := range abilities {
		name, f, _ := strings.Cut(a, "/")
		if a == "EVS" || !strings.EqualFold(name, c.Name) || c.Channels != 1 {
			continue
		}
		if !voice.IsAMR(name) {
			return c.Clock == 8000 // G.722's clock too, RFC 3551 4.5.2
		}
		if name == "EVS" {
			return c.FMTP["evs-mode-switch"] == "1"
		}
		oa := c.FMTP["octet-align"] == "1"
		plain := c.FMTP["crc"] != "1" && c.FMTP["robust-sorting"] != "1" && c.FMTP["interleaving"] == ""
		if plain && (f == "" || (f == "oa") == oa) {
			return true
		}
	}
	return false
}

// preconditions of one description (RFC 3312 5).
type preconditions struct {
	used          bool
	local, remote string // current status: none, send, recv, sendrecv, from our point of view
}

func readPreconditions(m *sdp.Media) preconditions {
	p := preconditions{local: "none", remote: "none"}
	for _, v := range m.All("curr") {
		f := strings.Fields(v)
		if len(f) != 3 || f[0] != "qos" {
			continue
		}
		p.used = true
		switch f[1] { // their local is our remote
		case "local":
			p.remote = f[2]
		case "remote":
			p.local = f[2]
		}
	}
	return p
}

// readSDP parses a description and reports what a core leg must not hold.
func readSDP(body []byte) (*sdp.Session, *sdp.Media, error) {
	s, err := sdp.Parse(string(body))
	if err != nil {
		return nil, nil, err
	}
	_, m := s.Audio()
	if m == nil {
		return nil, nil, errors.New("no audio m-line")
	}
	if m.Proto != "RTP/AVP" && m.Proto != "RTP/AVPF" {
		return nil, nil, fmt.Errorf("audio over %s", m.Proto)
	}
	return s, m, nil
}

// settle makes terms of a remote description: the first codec both sides have,
// in the remote's order. ours is the direction we want.
func settle(script Script, s *sdp.Session, m *sdp.Media, ours string) (*voice.Terms, error) {
	codecs, err := m.Codecs()
	if err != nil {
		return nil, err
	}
	t := &voice.Terms{PTime: script.PTime, RTP: netip.AddrPortFrom(m.Address, m.Port), RTCP: m.RTCP()}
	for _, c := range codecs {
		if can(script.Codecs, c) {
			t.Accepted = append(t.Accepted, c)
		}
	}
	if len(t.Accepted) == 0 {
		return nil, errNoCodec
	}
	t.Codec = t.Accepted[0]
	for _, c := range codecs {
		if strings.EqualFold(c.Name, "telephone-event") && c.Clock == t.Codec.Clock {
			t.Events = c
			break
		}
	}
	t.Direction = meet(ours, s.Direction(m))
	if t.Modes, err = modeSet(t.Codec); err != nil {
		return nil, err
	}
	if t.Modes == nil && voice.IsAMR(t.Codec.Name) {
		t.Modes = script.ModeSet
	}
	return t, nil
}

// meet is our direction given our wish and the other side's (RFC 3264 6.1).
func meet(ours, theirs string) string {
	send := (ours == "sendrecv" || ours == "sendonly") && (theirs == "sendrecv" || theirs == "recvonly")
	recv := (ours == "sendrecv" || ours == "recvonly") && (theirs == "sendrecv" || theirs == "sendonly")
	switch {
	case send && recv:
		return "sendrecv"
	case send:
		return "sendonly"
	case recv:
		return "recvonly"
	}
	return "inactive"
}

func modeSet(c sdp.Codec) ([]int, error) {
	text, ok := c.FMTP["mode-set"]
	if !ok || !voice.IsAMR(c.Name) {
		return nil, nil
	}
	var out []int
	for v := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil || n < 0 || n >= voice.FormOf(c).Modes() {
			return nil, errors.New("bad mode-set")
		}
		out = append(out, n)
	}
	return out, nil
}

// local is our end of a description.
type local struct {
	id, version uint64
	addr        netip.AddrPort // RTP
	direction   string
	pre         *preconditions // nil = none
	confirm     bool           // ask for a=conf (RFC 3312 7)
	call        *Call          // for its video and its packet times
}

// offer writes our offer: every ability, both AMR forms where both are had.
func (l local) offer(script Script) (string, []sdp.Codec) {
	var codecs []sdp.Codec
	pt := uint8(96)
	add := func(name string, clock int, fmtp string) {
		c := sdp.Codec{Name: name, Clock: clock, Channels: 1, PayloadType: pt, RawFMTP: fmtp}
		if s, ok := map[string]uint8{"PCMU": 0, "PCMA": 8, "G722": 9}[name]; ok {
			c.PayloadType = s
		} else {
			pt++
		}
		codecs = append(codecs, c)
	}
	wide, narrow, set := false, false, ""
	if len(script.ModeSet) > 0 {
		set = "; mode-set=" + join(script.ModeSet)
	}
	for _, a := range script.Codecs {
		name, f, _ := strings.Cut(a, "/")
		clock := 8000
		if name == "AMR-WB" || name == "EVS" {
			clock, wide = 16000, true
		} else {
			narrow = true
		}
		switch {
		case a == "EVS/io":
			add(name, clock, "evs-mode-switch=1; mode-change-capability=2; max-red=0"+set)
		case name == "EVS":
			add(name, clock, "br=5.9-24.4; bw=nb-swb; max-red=220")
		case voice.IsAMR(name):
			if f != "oa" {
				add(name, clock, "mode-change-capability=2; max-red=0"+set)
			}
			if f != "be" {
				add(name, clock, "octet-align=1; mode-change-capability=2; max-red=0"+set)
			}
		default:
			add(name, clock, "")
		}
	}
	if wide {
		add("telephone-event", 16000, "0-15")
	}
	if narrow {
		add("telephone-event", 8000, "0-15")
	}
	return l.write(codecs, nil), codecs
}

// answer writes our answer to an offer with the settled terms; other m-lines
// are refused in their places (RFC 3264 6).
func (l local) answer(t *voice.Terms, offer *sdp.Session) string {
	codecs := []sdp.Codec{t.Codec}
	c := &codecs[0]
	if voice.IsAMR(c.Name) {
		c.RawFMTP = "mode-change-capability=2; max-red=0"
		if c.Name == "EVS" {
			c.RawFMTP = "evs-mode-switch=1; " + c.RawFMTP
		}
		if c.FMTP["octet-align"] == "1" {
			c.RawFMTP = "octet-align=1; " + c.RawFMTP
		}
		if len(t.Modes) > 0 {
			c.RawFMTP += "; mode-set=" + join(t.Modes)
		}
	}
	if t.Events.Name != "" {
		e := t.Events
		e.RawFMTP = "0-15"
		codecs = append(codecs, e)
	}
	return l.write(codecs, offer)
}

func (l local) write(codecs []sdp.Codec, offer *sdp.Session) string {
	m := sdp.Media{Kind: "audio", Proto: "RTP/AVP", Port: l.addr.Port(),
		Bandwidth: []sdp.Attr{{Name: "AS", Value: bandwidth(codecs)}, {Name: "RS", Value: "600"}, {Name: "RR", Value: "2000"}}}
	for _, c := range codecs {
		pt := strconv.Itoa(int(c.PayloadType))
		m.Formats = append(m.Formats, pt)
		m.Attrs = append(m.Attrs, sdp.Attr{Name: "rtpmap", Value: pt + " " + c.Name + "/" + strconv.Itoa(c.Clock)})
		if c.RawFMTP != "" {
			m.Attrs = append(m.Attrs, sdp.Attr{Name: "fmtp", Value: pt + " " + c.RawFMTP})
		}
	}
	ptime, most := l.packetTimes()
	m.Attrs = append(m.Attrs, sdp.Attr{Name: "ptime", Value: ptime}, sdp.Attr{Name: "maxptime", Value: most}, sdp.Attr{Name: l.direction})
	l.condition(&m)
	out := &sdp.Session{SessionID: l.id, Version: l.version, Address: l.addr.Addr(), Media: []sdp.Media{m}}
	if offer == nil && l.call != nil {
		l.call.offerVideo(out, l)
	}
	if offer != nil {
		at, _ := offer.Audio()
		out.Media = nil
		for i, o := range offer.Media {
			if i == at {
				m.Proto = o.Proto
				out.Media = append(out.Media, m)
			} else if o.Kind == "video" && l.call != nil {
				v := l.call.answerVideo(offer, i)
				if v.Port != 0 {
					l.condition(&v)
				}
				out.Media = append(out.Media, v)
			} else {
				out.Media = append(out.Media, sdp.Media{Kind: o.Kind, Proto: o.Proto, Formats: o.Formats[:1]})
			}
		}
	}
	return out.String()
}

// packetTimes are our a=ptime and a=maxptime.
func (l local) packetTimes() (ptime, most string) {
	wish, limit := 20, 240
	if l.call != nil {
		wish, limit = cmp.Or(l.call.script.PTime, wish), cmp.Or(l.call.script.MaxPTime, limit)
	}
	return strconv.Itoa(wish), strconv.Itoa(limit)
}

// condition writes the preconditions of one m-line (RFC 3312 4).
func (l local) condition(m *sdp.Media) {
	if l.pre == nil {
		return
	}
	m.Attrs = append(m.Attrs, sdp.Attr{Name: "curr", Value: "qos local " + l.pre.local}, sdp.Attr{Name: "curr", Value: "qos remote " + l.pre.remote},
		sdp.Attr{Name: "des", Value: "qos mandatory local sendrecv"}, sdp.Attr{Name: "des", Value: "qos mandatory remote sendrecv"})
	if l.confirm {
		m.Attrs = append(m.Attrs, sdp.Attr{Name: "conf", Value: "qos remote sendrecv"})
	}
}

// bandwidth is b=AS in kbit/s for the largest codec (TS 26.114 6.2.5).
func bandwidth(codecs []sdp.Codec) string {
	if slices.ContainsFunc(codecs, func(c sdp.Codec) bool { return c.Clock == 8000 && !voice.IsAMR(c.Name) && c.Name != "telephone-event" }) {
		return "80"
	}
	if slices.ContainsFunc(codecs, func(c sdp.Codec) bool { return c.Clock == 16000 && c.Name != "telephone-event" }) {
		return "41"
	}
	return "30"
}

func join(list []int) string {
	var parts []string
	for _, n := range list {
		parts = append(parts, strconv.Itoa(n))
	}
	return strings.Join(parts, ",")
}
