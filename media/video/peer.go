package video

import (
	"encoding/base64"
	"strconv"
	"strings"

	"causeway/media/packet"
)

// clock is the RTP clock of all video (RFC 6184 8.2.1, RFC 7741 6.1), Hz.
const clock = 90000

// Peer is what a leg negotiated for video. It is not changed after it was handed over.
type Peer struct {
	Codecs      []packet.Codec  // H264 and VP8; [0] is what is sent when it has to be made, any may come
	Repair      map[uint8]uint8 // retransmission payload type to the one it repeats (RFC 4588 8.6)
	NACK        bool            // it understands and sends them (RFC 4585)
	PLI, FIR    bool
	TMMBR, REMB bool
	Orientation uint8    // id of urn:3gpp:video-orientation, 1 to 14; 0 for none
	Parameters  [][]byte // SPS and PPS of sprop-parameter-sets
	Bitrate     int      // what it wants to receive at most, bit/s; 0 when it does not say
}

// Gates are the directions that are open.
type Gates struct{ Up, Down bool }

// Limits of sprop-parameter-sets: what a hostile description can make us repeat.
const (
	maxParameterSets = 8
	maxParameterSize = 512
)

// ParameterSets reads sprop-parameter-sets (RFC 6184 8.1): NAL units in base64, commas between. What is not one is left out.
func ParameterSets(c packet.Codec) [][]byte {
	var out [][]byte
	for one := range strings.SplitSeq(c.Param("sprop-parameter-sets"), ",") {
		raw, err := base64.StdEncoding.DecodeString(one)
		if err != nil || len(raw) < 2 || len(raw) > maxParameterSize || len(out) == maxParameterSets {
			continue
		}
		if t := raw[0] & 0x1f; t == nalSPS || t == nalPPS {
			out = append(out, raw)
		}
	}
	return out
}

// mode is packetization-mode; absent is 0 (RFC 6184 8.1).
func mode(c packet.Codec) int {
	if c.Param("packetization-mode") == "1" {
		return 1
	}
	return 0
}

// Format is one side of a conversion.
type Format struct {
	Codec             string // "H264" or "VP8"
	PacketizationMode int    // of H264: 0 or 1
	ProfileLevelID    string // of H264
	ParameterSets     string // of H264, of the sender: sprop-parameter-sets
	MaxFrameSize      int    // of VP8, of the receiver: max-fs, macroblocks (RFC 7741 6.1); 0 when it does not say
	MaxFrameRate      int    // of VP8, of the receiver: max-fr, frames per second; 0 when it does not say
	MaxBitrate        int    // bit/s; 0 when nobody says
	MTU               int    // payload octets
}

// mtu is the longest payload sent: with SRTP's and IP's headers it fits any path (Chromium uses 1200 for the packet).
const mtu = 1170

func format(c packet.Codec, bitrate int) Format {
	f := Format{Codec: "VP8", MaxBitrate: bitrate, MTU: mtu}
	if c.Is("H264") {
		f.Codec, f.PacketizationMode = "H264", mode(c)
		f.ProfileLevelID, f.ParameterSets = c.Param("profile-level-id"), c.Param("sprop-parameter-sets")
	} else {
		f.MaxFrameSize, f.MaxFrameRate = number(c.Param("max-fs")), number(c.Param("max-fr"))
	}
	return f
}

// number reads a parameter that is a positive number; 0 for anything else.
func number(text string) int {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

type action uint8

const (
	drop    action = iota // never negotiated, or nobody can take it
	pass                  // same codec on both legs
	convert               // through a Converter
	repair                // repeats a packet of another payload type
)

// hop is what happens to one payload type.
type hop struct {
	act      action
	pt       uint8 // outgoing; of repair: the payload type that is repeated
	h264     bool  // look into the payload
	single   bool  // the receiver takes single NAL unit packets only
	from, to Format
}

// table maps the payload types of one leg. hops[0] is drop.
type table struct {
	index [128]uint8
	hops  []hop
}

func (t *table) add(pt uint8, h hop) {
	if len(t.hops) == 0 {
		t.hops = append(t.hops, hop{})
	}
	if pt < 128 && t.index[pt] == 0 && len(t.hops) < 255 {
		t.index[pt] = uint8(len(t.hops)) //nolint:gosec // below 255
		t.hops = append(t.hops, h)
	}
}

func (t *table) hop(pt uint8) hop {
	if len(t.hops) == 0 {
		return hop{}
	}
	return t.hops[t.index[pt&0x7f]]
}

// route is what is done with packets; immutable.
type route struct {
	up, down     table
	access, core Peer
	gates        Gates
}

// plot finds the ways between two legs.
func plot(access, core Peer, gates Gates, maker Maker) *route {
	r := &route{access: access, core: core, gates: gates}
	if len(core.Codecs) > 0 {
		lay(&r.up, access, core.Codecs[:1], core, maker)
	}
	lay(&r.down, core, access.Codecs, access, maker)
	return r
}

// lay fills one direction's table.
func lay(t *table, from Peer, wanted []packet.Codec, to Peer, maker Maker) {
	for _, c := range from.Codecs {
		t.add(c.PayloadType, way(c, wanted, from, to, maker))
	}
	for pt, of := range from.Repair {
		t.add(pt, hop{act: repair, pt: of})
	}
}

// way finds the way of one codec: unchanged in the receiver's own mode, else unchanged in the other mode (what comes in mode 0 is fine
// in mode 1; what comes in mode 1 is taken apart for mode 0), else converted.
func way(c packet.Codec, wanted []packet.Codec, from, to Peer, maker Maker) hop {
	best := hop{}
	for _, w := range wanted {
		if !c.Is(w.Name) {
			continue
		}
		h264 := c.Is("H264")
		h := hop{act: pass, pt: w.PayloadType, h264: h264, single: h264 && mode(w) == 0}
		if !h264 || mode(c) == mode(w) {
			return h
		}
		if best.act == drop {
			best = h
		}
	}
	if best.act == pass || maker == nil {
		return best
	}
	for _, w := range wanted {
		in, out := format(c, from.Bitrate), format(w, to.Bitrate)
		if maker.Supported(in.Codec, out.Codec) {
			return hop{act: convert, pt: w.PayloadType, from: in, to: out}
		}
	}
	return best
}
