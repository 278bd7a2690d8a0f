package h264

import (
	"fmt"

	"causeway/transcode/picture"
)

// SPS is what is read of a sequence parameter set (H.264 7.3.2.1.1).
type SPS struct {
	ID            int // 0 to 31
	Profile       int // profile_idc
	Constraints   int // the octet of constraint_set flags
	Level         int // level_idc
	Width, Height int // samples, after cropping
	Macroblocks   int // of a picture
	References    int // max_num_ref_frames
}

// ParseSPS reads an SPS with its NAL header and checks it: baseline, main or high profile, 4:2:0 of 8
// bits, frames only, a size within picture's limits, at most 16 reference frames.
func ParseSPS(nal []byte) (SPS, error) {
	if len(nal) < 4 || kind(nal) != typeSPS {
		return SPS{}, fmt.Errorf("%w: no SPS", ErrPayload)
	}
	r := newBits(nal)
	s := SPS{Profile: int(r.u(8)), Constraints: int(r.u(8)), Level: int(r.u(8)), ID: int(r.ue())}
	switch s.Profile {
	case 66, 77:
	case 100:
		if err := s.high(r); err != nil {
			return SPS{}, err
		}
	default:
		return SPS{}, fmt.Errorf("%w: profile_idc %d", ErrPayload, s.Profile)
	}
	if n := r.ue(); n > 12 {
		return SPS{}, fmt.Errorf("%w: log2_max_frame_num_minus4 %d", ErrPayload, n)
	}
	if err := order(r); err != nil {
		return SPS{}, err
	}
	refs := r.ue()
	r.u(1)
	wide, tall := r.ue(), r.ue()
	framesOnly := r.u(1) == 1
	r.u(1) // direct_8x8_inference_flag
	var crop [4]uint32
	if r.u(1) == 1 {
		for i := range crop {
			crop[i] = r.ue()
		}
	}
	vui := r.u(1) == 1
	const most = picture.MaxSide / 16
	switch {
	case r.short || s.ID > 31:
		return SPS{}, fmt.Errorf("%w: SPS cut short", ErrPayload)
	case !framesOnly:
		return SPS{}, fmt.Errorf("%w: interlaced video", ErrPayload)
	case refs > 16:
		return SPS{}, fmt.Errorf("%w: %d reference frames", ErrPayload, refs)
	case wide >= most || tall >= most:
		return SPS{}, fmt.Errorf("h264: %w: %d by %d macroblocks", picture.ErrSize, uint64(wide)+1, uint64(tall)+1)
	case crop[0] > 7 || crop[1] > 7 || crop[2] > 7 || crop[3] > 7:
		return SPS{}, fmt.Errorf("%w: cropped by more than a macroblock", ErrPayload)
	}
	s.References, s.Macroblocks = int(refs), int((wide+1)*(tall+1))
	s.Width = int(wide+1)*16 - 2*int(crop[0]+crop[1])
	s.Height = int(tall+1)*16 - 2*int(crop[2]+crop[3])
	if err := picture.CheckSize(s.Width, s.Height); err != nil {
		return SPS{}, fmt.Errorf("h264: %w", err)
	}
	if vui {
		return s, checkVUI(r)
	}
	return s, nil
}

// high reads what profile 100 adds: chroma format, bit depths, scaling lists.
func (s *SPS) high(r *bits) error {
	if chroma := r.ue(); chroma != 1 {
		return fmt.Errorf("%w: chroma_format_idc %d", ErrPayload, chroma)
	}
	if luma, chroma := r.ue(), r.ue(); luma != 0 || chroma != 0 {
		return fmt.Errorf("%w: more than 8 bits", ErrPayload)
	}
	if r.u(1) == 1 {
		return fmt.Errorf("%w: lossless transform bypass", ErrPayload)
	}
	if r.u(1) == 1 {
		scalingLists(r, 8)
	}
	return nil
}

// scalingLists passes over n lists, the first six of 16 coefficients, the others of 64 (7.3.2.1.1.1).
func scalingLists(r *bits, n int) {
	for i := range n {
		if r.u(1) == 0 {
			continue
		}
		size := 16
		if i >= 6 {
			size = 64
		}
		last, next := int32(8), int32(8)
		for range size {
			if next != 0 {
				next = (last + r.se()) & 0xff
			}
			if next != 0 {
				last = next
			}
		}
	}
}

// order passes over the picture order count fields.
func order(r *bits) error {
	switch t := r.ue(); t {
	case 0:
		if n := r.ue(); n > 12 {
			return fmt.Errorf("%w: log2_max_pic_order_cnt_lsb_minus4 %d", ErrPayload, n)
		}
	case 1:
		r.u(1)
		r.se()
		r.se()
		n := r.ue()
		if n > 255 {
			return fmt.Errorf("%w: %d reference frames in the picture order cycle", ErrPayload, n)
		}
		for range n {
			r.se()
		}
	case 2:
	default:
		return fmt.Errorf("%w: pic_order_cnt_type %d", ErrPayload, t)
	}
	return nil
}

// checkVUI reads the VUI as far as it bounds memory: max_dec_frame_buffering (H.264 E.1.1).
func checkVUI(r *bits) error {
	if r.u(1) == 1 && r.u(8) == 255 { // aspect_ratio_idc Extended_SAR
		r.u(32)
	}
	if r.u(1) == 1 {
		r.u(1)
	}
	if r.u(1) == 1 && r.u(4)&1 == 1 { // video_format, full range, colour description
		r.u(24)
	}
	if r.u(1) == 1 {
		r.ue()
		r.ue()
	}
	if r.u(1) == 1 {
		r.u(32)
		r.u(32)
		r.u(1)
	}
	nal := r.u(1) == 1
	if nal && !hrd(r) {
		return fmt.Errorf("%w: hypothetical decoder with more than 32 buffers", ErrPayload)
	}
	vcl := r.u(1) == 1
	if vcl && !hrd(r) {
		return fmt.Errorf("%w: hypothetical decoder with more than 32 buffers", ErrPayload)
	}
	if nal || vcl {
		r.u(1)
	}
	r.u(1)
	if r.u(1) == 1 {
		r.u(1)
		for range 4 {
			r.ue()
		}
		if reorder, buffered := r.ue(), r.ue(); reorder > buffered || buffered > 16 {
			return fmt.Errorf("%w: %d frames to reorder, %d to keep", ErrPayload, reorder, buffered)
		}
	}
	if r.short {
		return fmt.Errorf("%w: VUI cut short", ErrPayload)
	}
	return nil
}

func hrd(r *bits) bool {
	n := r.ue()
	if n > 31 {
		return false
	}
	r.u(8)
	for range n + 1 {
		r.ue()
		r.ue()
		r.u(1)
	}
	r.u(20)
	return true
}

// PPS is what is read of a picture parameter set (H.264 7.3.2.2).
type PPS struct {
	ID  int // 0 to 255
	SPS int // 0 to 31
}

// ParsePPS reads the beginning of a PPS with its NAL header. Slice groups are refused: constrained
// baseline, main and high have none.
func ParsePPS(nal []byte) (PPS, error) {
	if len(nal) < 2 || kind(nal) != typePPS {
		return PPS{}, fmt.Errorf("%w: no PPS", ErrPayload)
	}
	r := newBits(nal)
	id, sps := r.ue(), r.ue()
	r.u(2) // entropy_coding_mode_flag, bottom_field_pic_order_in_frame_present_flag
	groups, l0, l1 := r.ue(), r.ue(), r.ue()
	switch {
	case r.short || id > 255 || sps > 31:
		return PPS{}, fmt.Errorf("%w: PPS %d of SPS %d", ErrPayload, id, sps)
	case groups != 0:
		return PPS{}, fmt.Errorf("%w: %d slice groups", ErrPayload, uint64(groups)+1)
	case l0 > 31 || l1 > 31:
		return PPS{}, fmt.Errorf("%w: %d and %d references by default", ErrPayload, l0, l1)
	}
	return PPS{ID: int(id), SPS: int(sps)}, nil
}
