//go:build cgo

package vp8

/*
#cgo LDFLAGS: -lvpx
#include <stdlib.h>
#include <string.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vp8dx.h>

// The context and what the last frame gave; in C memory, because the library keeps pointers into it.
typedef struct { vpx_codec_ctx_t ctx; vpx_image_t *img; } cw_vp8_dec;

static cw_vp8_dec *cw_vp8_dec_new(void) {
	cw_vp8_dec *d = calloc(1, sizeof *d);
	vpx_codec_dec_cfg_t cfg = { .threads = 1 };
	if (d && vpx_codec_dec_init(&d->ctx, vpx_codec_vp8_dx(), &cfg, 0)) { free(d); d = NULL; }
	return d;
}
static int cw_vp8_dec_frame(cw_vp8_dec *d, const unsigned char *b, unsigned n) {
	vpx_codec_iter_t iter = NULL;
	d->img = NULL;
	int err = vpx_codec_decode(&d->ctx, b, n, NULL, 0);
	if (!err) d->img = vpx_codec_get_frame(&d->ctx, &iter);
	return err;
}
static int cw_vp8_dec_corrupt(cw_vp8_dec *d) {
	int bad = 0;
	return vpx_codec_control(&d->ctx, VP8D_GET_FRAME_CORRUPTED, &bad) ? 1 : bad;
}
static void cw_vp8_dec_free(cw_vp8_dec *d) { vpx_codec_destroy(&d->ctx); free(d); }

#cgo noescape cw_vp8_dec_frame
#cgo nocallback cw_vp8_dec_frame
#cgo noescape cw_vp8_dec_corrupt
#cgo nocallback cw_vp8_dec_corrupt
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"causeway/transcode/picture"
)

// Available reports whether this program was built with libvpx.
func Available() bool { return true }

var errStart = errors.New("vp8: the codec library could not be started")

// Decoder decodes one stream. It is used by one goroutine at a time and owns C memory until Close.
type Decoder struct {
	state *C.cw_vp8_dec

	known bool // a key frame has been decoded
}

// NewDecoder starts a decoder.
func NewDecoder() (*Decoder, error) {
	state := C.cw_vp8_dec_new()
	if state == nil {
		return nil, errStart
	}
	return &Decoder{state: state}, nil
}

// Decode decodes one frame. shown is false for a frame that has no picture of its own to show. The
// picture is good until the next call. After an error the stream goes on with a key frame.
func (d *Decoder) Decode(frame []byte) (p picture.Picture, shown bool, err error) {
	if d.state == nil {
		return p, false, fmt.Errorf("%w: decoder closed", ErrPayload)
	}
	h, err := ParseHeader(frame)
	if err != nil {
		return p, false, err
	}
	if !h.Key && !d.known {
		return p, false, fmt.Errorf("%w: no key frame yet", ErrPayload)
	}
	if code := C.cw_vp8_dec_frame(d.state, (*C.uchar)(&frame[0]), C.uint(len(frame))); code != 0 {
		return p, false, fmt.Errorf("%w: libvpx error %d", ErrPayload, int(code))
	}
	d.known = true
	img := d.state.img
	if img == nil {
		return p, false, nil
	}
	if C.cw_vp8_dec_corrupt(d.state) != 0 {
		return p, false, fmt.Errorf("%w: damaged frame", ErrPayload)
	}
	w, height := int(img.d_w), int(img.d_h)
	if img.fmt != C.VPX_IMG_FMT_I420 || picture.CheckSize(w, height) != nil {
		return p, false, fmt.Errorf("%w: picture of %dx%d, format %d", ErrPayload, w, height, img.fmt)
	}
	p = picture.Picture{Width: w, Height: height, StrideY: int(img.stride[0]), StrideC: int(img.stride[1])}
	p.Y = plane(img.planes[0], p.StrideY, w, height)
	p.U = plane(img.planes[1], p.StrideC, (w+1)/2, (height+1)/2)
	p.V = plane(img.planes[2], p.StrideC, (w+1)/2, (height+1)/2)
	return p, true, nil
}

func plane(at *C.uchar, stride, width, height int) []byte {
	return unsafe.Slice((*byte)(at), stride*(height-1)+width)
}

// Close frees the decoder; a second call does nothing.
func (d *Decoder) Close() {
	if d.state != nil {
		C.cw_vp8_dec_free(d.state)
		d.state = nil
	}
}
