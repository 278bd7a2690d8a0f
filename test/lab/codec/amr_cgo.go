//go:build cgo

package codec

/*
#cgo pkg-config: opencore-amrnb opencore-amrwb vo-amrwbenc
#include <opencore-amrnb/interf_dec.h>
#include <opencore-amrnb/interf_enc.h>
#include <opencore-amrwb/dec_if.h>
#include <vo-amrwbenc/enc_if.h>
*/
import "C"

import (
	"errors"
	"unsafe"
)

// Available says whether AMR and AMR-WB are in this build.
func Available() bool { return true }

type amrEncoder struct {
	state unsafe.Pointer
	wide  bool
	dtx   C.int
	mode  int
	out   [64]byte
}

func newAMREncoder(wide, dtx bool) (Encoder, error) {
	e := &amrEncoder{wide: wide, mode: 7}
	if dtx {
		e.dtx = 1
	}
	if wide {
		e.mode = 8
		e.state = C.E_IF_init()
	} else {
		e.state = C.Encoder_Interface_init(e.dtx)
	}
	if e.state == nil {
		return nil, errors.New("the AMR encoder did not start")
	}
	return e, nil
}

// Rate is 8000 or 16000.
func (e *amrEncoder) Rate() int {
	if e.wide {
		return 16000
	}
	return 8000
}

// SetMode is bounded to the codec's speech modes.
func (e *amrEncoder) SetMode(mode int) {
	if limit := map[bool]int{true: 8, false: 7}[e.wide]; mode >= 0 && mode <= limit {
		e.mode = mode
	}
}

// Encode returns a frame in storage form.
func (e *amrEncoder) Encode(pcm []int16) ([]byte, error) {
	if len(pcm) != e.Rate()/50 {
		return nil, errors.New("AMR wants 20 ms at a time")
	}
	in, out := (*C.short)(unsafe.Pointer(&pcm[0])), (*C.uchar)(unsafe.Pointer(&e.out[0]))
	var n C.int
	if e.wide {
		n = C.E_IF_encode(e.state, C.int(e.mode), in, out, e.dtx)
	} else {
		n = C.Encoder_Interface_Encode(e.state, uint32(e.mode), in, out, 0)
	}
	if n <= 0 {
		return nil, errors.New("the AMR encoder failed")
	}
	return append([]byte(nil), e.out[:n]...), nil
}

// Close frees what the codec holds.
func (e *amrEncoder) Close() {
	if e.state == nil {
		return
	}
	if e.wide {
		C.E_IF_exit(e.state)
	} else {
		C.Encoder_Interface_exit(e.state)
	}
	e.state = nil
}

type amrDecoder struct {
	state unsafe.Pointer
	wide  bool
	in    [64]byte
	pcm   []int16
}

func newAMRDecoder(wide bool) (Decoder, error) {
	d := &amrDecoder{wide: wide}
	if wide {
		d.state = C.D_IF_init()
	} else {
		d.state = C.Decoder_Interface_init()
	}
	if d.state == nil {
		return nil, errors.New("the AMR decoder did not start")
	}
	d.pcm = make([]int16, d.Rate()/50)
	return d, nil
}

// Rate is 8000 or 16000.
func (d *amrDecoder) Rate() int {
	if d.wide {
		return 16000
	}
	return 8000
}

// Decode takes a frame in storage form, its length already checked by the
// payload reader; it is copied because the libraries read a whole frame of the
// type the first octet names.
func (d *amrDecoder) Decode(frame []byte) ([]int16, error) {
	if len(frame) == 0 || len(frame) > len(d.in) {
		return nil, errors.New("bad AMR frame length")
	}
	d.in = [64]byte{}
	copy(d.in[:], frame)
	in, out := (*C.uchar)(unsafe.Pointer(&d.in[0])), (*C.short)(unsafe.Pointer(&d.pcm[0]))
	if d.wide {
		C.D_IF_decode(d.state, in, out, 0)
	} else {
		C.Decoder_Interface_Decode(d.state, in, out, 0)
	}
	return d.pcm, nil
}

// Close frees what the codec holds.
func (d *amrDecoder) Close() {
	if d.state == nil {
		return
	}
	if d.wide {
		C.D_IF_exit(d.state)
	} else {
		C.Decoder_Interface_exit(d.state)
	}
	d.state = nil
}
