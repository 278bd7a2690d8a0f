package h264

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
)

// maxSets bounds the parameter sets kept, and maxSet the length of one: 32 SPS may exist, nobody uses
// more than a few.
const (
	maxSets = 32
	maxSet  = 512
)

// Sets keeps the parameter sets of a stream, from SDP and from the stream, and checks access units
// against them before a decoder sees them. The zero value is empty.
type Sets struct {
	sps map[int]set
	pps map[int]set
}

// set is one parameter set as it came.
type set struct {
	nal  []byte
	info SPS // of an SPS
	sps  int // of a PPS: the SPS it refers to
}

// Sprop takes the value of sprop-parameter-sets (RFC 6184 8.1): NAL units in base64 with commas. Bad
// ones are left out and reported; the others are kept.
func (s *Sets) Sprop(value string) error {
	var bad error
	for text := range strings.SplitSeq(value, ",") {
		if text = strings.TrimSpace(text); text == "" || len(text) > 2*maxSet {
			continue
		}
		nal, err := base64.StdEncoding.DecodeString(text)
		if err != nil { // some leave the padding out
			nal, err = base64.RawStdEncoding.DecodeString(text)
		}
		if err == nil {
			err = s.put(nal)
		}
		if err != nil {
			bad = fmt.Errorf("h264: sprop-parameter-sets: %w", err)
		}
	}
	return bad
}

// put keeps one parameter set.
func (s *Sets) put(nal []byte) error {
	if s.sps == nil {
		s.sps, s.pps = map[int]set{}, map[int]set{}
	}
	if len(nal) == 0 || len(nal) > maxSet {
		return fmt.Errorf("%w: parameter set of %d octets", ErrPayload, len(nal))
	}
	switch kind(nal) {
	case typeSPS:
		info, err := ParseSPS(nal)
		if err != nil {
			return err
		}
		keep(s.sps, info.ID, set{nal: nal, info: info})
	case typePPS:
		info, err := ParsePPS(nal)
		if err != nil {
			return err
		}
		keep(s.pps, info.ID, set{nal: nal, sps: info.SPS})
	default:
		return fmt.Errorf("%w: type %d is no parameter set", ErrPayload, kind(nal))
	}
	return nil
}

// keep copies a set into a map with room for maxSets; beyond that another one is forgotten.
func keep(m map[int]set, id int, n set) {
	if old, ok := m[id]; ok && bytes.Equal(old.nal, n.nal) {
		return
	}
	if _, ok := m[id]; !ok && len(m) >= maxSets {
		for other := range m {
			delete(m, other)
			break
		}
	}
	n.nal = bytes.Clone(n.nal)
	m[id] = n
}

// Check appends to dst what of an access unit may reach a decoder: parameter sets and slices that
// hold together. An IDR picture without its parameter sets gets those that are kept. Everything else
// (SEI, delimiters, extensions, data partitions) is left out. key says whether it is an IDR picture.
// size is of the picture's SPS. A unit without a slice gives an empty result and no error.
func (s *Sets) Check(dst, unit []byte) (checked []byte, sps SPS, key bool, err error) {
	seen := map[int]bool{} // PPS that came with this unit
	slices := 0
	for nal := range NALs(unit) {
		switch kind(nal) {
		case typeSPS, typePPS:
			if err := s.put(nal); err != nil {
				return dst, sps, false, err
			}
			if kind(nal) == typePPS {
				if p, err := ParsePPS(nal); err == nil {
					seen[p.ID] = true
				}
			}
			dst = append(append(dst, startCode...), nal...)
		case typeSlice, typeIDR:
			var p int
			if p, sps, err = s.slice(nal); err != nil {
				return dst, sps, false, err
			}
			key = key || kind(nal) == typeIDR
			if key && slices == 0 && !seen[p] {
				dst = s.prepend(dst, p)
			}
			slices++
			dst = append(append(dst, startCode...), nal...)
		}
	}
	if slices == 0 {
		return dst[:0], sps, false, nil
	}
	return dst, sps, key, nil
}

// prepend writes a PPS and its SPS.
func (s *Sets) prepend(dst []byte, id int) []byte {
	p := s.pps[id]
	dst = append(append(dst, startCode...), s.sps[p.sps].nal...)
	return append(append(dst, startCode...), p.nal...)
}

// slice reads the beginning of a slice header (H.264 7.3.3) and finds its parameter sets.
func (s *Sets) slice(nal []byte) (int, SPS, error) {
	if len(nal) < 3 {
		return 0, SPS{}, fmt.Errorf("%w: slice of %d octets", ErrPayload, len(nal))
	}
	r := newBits(nal[:min(len(nal), 24)])
	first, typ, id := r.ue(), r.ue(), r.ue()
	if r.short || typ > 9 || id > 255 {
		return 0, SPS{}, fmt.Errorf("%w: slice header", ErrPayload)
	}
	switch typ % 5 {
	case 3, 4:
		return 0, SPS{}, fmt.Errorf("%w: SP or SI slice", ErrPayload)
	}
	p, ok := s.pps[int(id)]
	if !ok {
		return 0, SPS{}, fmt.Errorf("%w: slice of unknown PPS %d", ErrPayload, id)
	}
	q, ok := s.sps[p.sps]
	if !ok {
		return 0, SPS{}, fmt.Errorf("%w: PPS %d of unknown SPS %d", ErrPayload, id, p.sps)
	}
	if int(first) >= q.info.Macroblocks {
		return 0, SPS{}, fmt.Errorf("%w: slice at macroblock %d of %d", ErrPayload, first, q.info.Macroblocks)
	}
	return int(id), q.info, nil
}
