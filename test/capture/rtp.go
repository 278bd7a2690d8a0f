package capture

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Packet is one RTP packet of a capture.
type Packet struct {
	Sequence    uint16
	Timestamp   uint32
	SSRC        uint32
	PayloadType uint8
	Payload     []byte
}

// RTP returns the RTP packets sent to an address, ordered by sequence number from the first one that arrived, without
// repetitions. A destination with port 0 stands for every port. More than one SSRC is an error: it would not be one voice.
func RTP(ctx context.Context, file string, rules Rules, to netip.AddrPort) ([]Packet, error) {
	filter := "rtp && !rtcp && ip.dst==" + to.Addr().String()
	if to.Port() != 0 {
		filter += fmt.Sprintf(" && udp.dstport==%d", to.Port())
	}
	rules.Prefs = append(slices.Clone(rules.Prefs), "rtp.heuristic_rtp:TRUE")
	rows, err := fields(ctx, file, rules, filter, "rtp.seq", "rtp.timestamp", "rtp.ssrc", "rtp.p_type", "rtp.payload")
	if err != nil {
		return nil, err
	}
	var out []Packet
	for _, r := range rows {
		var n [4]uint64
		for i := range n {
			if n[i], err = strconv.ParseUint(r.values[i], 0, 32); err != nil {
				return nil, fmt.Errorf("frame %d: %w", r.frame, err)
			}
		}
		payload, err := hex.DecodeString(strings.ReplaceAll(r.values[4], ":", ""))
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", r.frame, err)
		}
		out = append(out, Packet{uint16(n[0]), uint32(n[1]), uint32(n[2]), uint8(n[3]), payload})
		if out[0].SSRC != uint32(n[2]) {
			return nil, fmt.Errorf("frame %d: SSRC %#x after %#x", r.frame, n[2], out[0].SSRC)
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	first := out[0].Sequence
	slices.SortStableFunc(out, func(a, b Packet) int { return int(int16(a.Sequence-first)) - int(int16(b.Sequence-first)) })
	return slices.CompactFunc(out, func(a, b Packet) bool { return a.Sequence == b.Sequence }), nil
}
