//go:build cgo

package amr

/*
#cgo CFLAGS: -I${SRCDIR}/voamrwbenc

int cw_wide_here(void);
void *cw_wide_init(void);
void cw_wide_exit(void *s);
int cw_wide_encode(void *s, int mode, const short *pcm, unsigned char *out, int dtx);

#cgo noescape cw_wide_encode
#cgo nocallback cw_wide_encode
*/
import "C"

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// vectorEncoder is the AMR-WB encoder with AVX2: bit for bit what Debian's library sends, in less than half the time.
type vectorEncoder struct {
	state unsafe.Pointer
	dtx   C.int
}

// newVectorEncoder returns nil where this processor or compiler cannot do it.
func newVectorEncoder(dtx bool) encodeEngine {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasBMI1 || !cpu.X86.HasBMI2 || C.cw_wide_here() == 0 {
		return nil
	}
	e := &vectorEncoder{state: C.cw_wide_init()}
	if e.state == nil {
		return nil
	}
	if dtx {
		e.dtx = 1
	}
	return e
}

func (e *vectorEncoder) encode(mode int, pcm []int16, frame *engineFrame) int {
	_ = pcm[319]
	return int(C.cw_wide_encode(e.state, C.int(mode), (*C.short)(&pcm[0]), (*C.uchar)(&frame[0]), e.dtx))
}

func (e *vectorEncoder) close() { C.cw_wide_exit(e.state) }
