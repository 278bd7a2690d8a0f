//go:build cgo

package amr

/*
#cgo LDFLAGS: -lopencore-amrnb -lopencore-amrwb -lvo-amrwbenc
#include <opencore-amrnb/interf_dec.h>
#include <opencore-amrnb/interf_enc.h>
#include <opencore-amrwb/dec_if.h>
#include <vo-amrwbenc/enc_if.h>

// The header of the narrowband encoder has an enum parameter; an int is easier to pass.
static int cw_encode_nb(void *s, int mode, const short *pcm, unsigned char *out) {
	return Encoder_Interface_Encode(s, (enum Mode)mode, pcm, out, 0);
}

#cgo noescape Decoder_Interface_Decode
#cgo nocallback Decoder_Interface_Decode
#cgo noescape D_IF_decode
#cgo nocallback D_IF_decode
#cgo noescape cw_encode_nb
#cgo nocallback cw_encode_nb
#cgo noescape E_IF_encode
#cgo nocallback E_IF_encode
*/
import "C"

import (
	"errors"
	"unsafe"
)

// Available reports whether this program was built with the speech codecs.
func Available() bool { return true }

var errMemory = errors.New("amr: the codec library could not be started")

func newDecodeEngine(b Band) (decodeEngine, error) {
	if b == Wide {
		e := &wideDecoder{state: C.D_IF_init()}
		if e.state == nil {
			return nil, errMemory
		}
		return e, nil
	}
	e := &narrowDecoder{state: C.Decoder_Interface_init()}
	if e.state == nil {
		return nil, errMemory
	}
	return e, nil
}

func newEncodeEngine(b Band, dtx bool) (encodeEngine, error) {
	if b == Wide {
		if e := newVectorEncoder(dtx); e != nil {
			return e, nil
		}
		return newLibraryEncoder(dtx)
	}
	e := &narrowEncoder{state: C.Encoder_Interface_init(allow(dtx))}
	if e.state == nil {
		return nil, errMemory
	}
	return e, nil
}

// newLibraryEncoder is Debian's AMR-WB encoder, for processors that newVectorEncoder has nothing for.
func newLibraryEncoder(dtx bool) (encodeEngine, error) {
	e := &wideEncoder{state: C.E_IF_init(), dtx: allow(dtx)}
	if e.state == nil {
		return nil, errMemory
	}
	return e, nil
}

func allow(on bool) C.int {
	if on {
		return 1
	}
	return 0
}

type narrowDecoder struct{ state unsafe.Pointer }

func (d *narrowDecoder) decode(frame *engineFrame, pcm []int16) {
	_ = pcm[159]
	C.Decoder_Interface_Decode(d.state, (*C.uchar)(&frame[0]), (*C.short)(&pcm[0]), 0)
}

// reset replaces the state: the library's own reset is not in its interface.
func (d *narrowDecoder) reset() {
	if fresh := C.Decoder_Interface_init(); fresh != nil {
		C.Decoder_Interface_exit(d.state)
		d.state = fresh
	}
}

func (d *narrowDecoder) close() { C.Decoder_Interface_exit(d.state) }

type wideDecoder struct{ state unsafe.Pointer }

func (d *wideDecoder) decode(frame *engineFrame, pcm []int16) {
	_ = pcm[319]
	C.D_IF_decode(d.state, (*C.uchar)(&frame[0]), (*C.short)(&pcm[0]), 0)
}

func (d *wideDecoder) reset() {
	if fresh := C.D_IF_init(); fresh != nil {
		C.D_IF_exit(d.state)
		d.state = fresh
	}
}

func (d *wideDecoder) close() { C.D_IF_exit(d.state) }

// narrowEncoder copies its input: the library filters it in place, const or not.
type narrowEncoder struct {
	state unsafe.Pointer
	pcm   [160]int16
}

func (e *narrowEncoder) encode(mode int, pcm []int16, frame *engineFrame) int {
	copy(e.pcm[:], pcm[:len(e.pcm)])
	return int(C.cw_encode_nb(e.state, C.int(mode), (*C.short)(&e.pcm[0]), (*C.uchar)(&frame[0])))
}

func (e *narrowEncoder) close() { C.Encoder_Interface_exit(e.state) }

type wideEncoder struct {
	state unsafe.Pointer
	dtx   C.int
}

func (e *wideEncoder) encode(mode int, pcm []int16, frame *engineFrame) int {
	_ = pcm[319]
	return int(C.E_IF_encode(e.state, C.int(mode), (*C.short)(&pcm[0]), (*C.uchar)(&frame[0]), e.dtx))
}

func (e *wideEncoder) close() { C.E_IF_exit(e.state) }
