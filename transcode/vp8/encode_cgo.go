//go:build cgo

package vp8

/*
#include <stdlib.h>
#include <vpx/vpx_encoder.h>
#include <vpx/vp8cx.h>

typedef struct {
	vpx_codec_ctx_t ctx;
	vpx_codec_enc_cfg_t cfg;
	const unsigned char *out;
	unsigned size;
	int key;
} cw_vp8_enc;

static void cw_vp8_rate(vpx_codec_enc_cfg_t *c, unsigned kbits) {
	c->rc_target_bitrate = kbits;
}

static cw_vp8_enc *cw_vp8_enc_new(unsigned w, unsigned h, unsigned kbits, unsigned fps) {
	cw_vp8_enc *e = calloc(1, sizeof *e);
	if (!e) return NULL;
	vpx_codec_enc_cfg_t *c = &e->cfg;
	if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), c, 0)) { free(e); return NULL; }
	c->g_w = w; c->g_h = h;
	c->g_timebase.num = 1; c->g_timebase.den = 90000;
	c->g_threads = 1;
	c->g_lag_in_frames = 0;
	c->g_pass = VPX_RC_ONE_PASS;
	c->g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT; // a lost frame must not spoil the entropy contexts
	c->rc_end_usage = VPX_CBR;
	c->rc_dropframe_thresh = 30;
	c->rc_resize_allowed = 0;
	c->rc_min_quantizer = 4; c->rc_max_quantizer = 63;
	c->rc_undershoot_pct = 100; c->rc_overshoot_pct = 15;
	c->rc_buf_initial_sz = 500; c->rc_buf_optimal_sz = 600; c->rc_buf_sz = 1000; // ms
	c->kf_mode = VPX_KF_DISABLED; // on demand only
	cw_vp8_rate(c, kbits);
	if (vpx_codec_enc_init(&e->ctx, vpx_codec_vp8_cx(), c, 0)) { free(e); return NULL; }
	// A key frame may take as much as half the optimal buffer holds (600 ms): 0.5 * 600 * fps / 10 percent of a frame.
	unsigned intra = 600 * fps / 20;
	vpx_codec_control(&e->ctx, VP8E_SET_CPUUSED, -8);
	vpx_codec_control(&e->ctx, VP8E_SET_STATIC_THRESHOLD, 1);
	vpx_codec_control(&e->ctx, VP8E_SET_TOKEN_PARTITIONS, 0);
	vpx_codec_control(&e->ctx, VP8E_SET_NOISE_SENSITIVITY, 0);
	vpx_codec_control(&e->ctx, VP8E_SET_MAX_INTRA_BITRATE_PCT, intra < 300 ? 300 : intra);
	return e;
}

static int cw_vp8_enc_rate(cw_vp8_enc *e, unsigned kbits) {
	cw_vp8_rate(&e->cfg, kbits);
	return vpx_codec_enc_config_set(&e->ctx, &e->cfg);
}

static int cw_vp8_enc_frame(cw_vp8_enc *e, unsigned char *y, unsigned char *u, unsigned char *v, int sy, int sc,
		long long pts, unsigned long dur, int key) {
	vpx_image_t img;
	e->size = 0;
	if (!vpx_img_wrap(&img, VPX_IMG_FMT_I420, e->cfg.g_w, e->cfg.g_h, 1, y)) return -1;
	img.planes[VPX_PLANE_Y] = y; img.planes[VPX_PLANE_U] = u; img.planes[VPX_PLANE_V] = v;
	img.stride[VPX_PLANE_Y] = sy; img.stride[VPX_PLANE_U] = img.stride[VPX_PLANE_V] = sc;
	int err = vpx_codec_encode(&e->ctx, &img, pts, dur, key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
	if (err) return err;
	vpx_codec_iter_t iter = NULL;
	const vpx_codec_cx_pkt_t *p;
	while ((p = vpx_codec_get_cx_data(&e->ctx, &iter))) {
		if (p->kind != VPX_CODEC_CX_FRAME_PKT) continue;
		e->out = p->data.frame.buf;
		e->size = p->data.frame.sz;
		e->key = (p->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
	}
	return 0;
}
static void cw_vp8_enc_free(cw_vp8_enc *e) { vpx_codec_destroy(&e->ctx); free(e); }

#cgo noescape cw_vp8_enc_frame
#cgo nocallback cw_vp8_enc_frame
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"causeway/transcode/picture"
)

var errClosed = errors.New("vp8: encoder closed")

// Encoder encodes one stream of one size in real time: one thread, no look-ahead, constant bit rate
// with a buffer of 600 ms, key frames only when asked for. Used by one goroutine at a time; it owns
// C memory until Close.
type Encoder struct {
	s Settings

	state *C.cw_vp8_enc
	last  int64
}

// NewEncoder starts an encoder.
func NewEncoder(s Settings) (*Encoder, error) {
	if err := picture.CheckSize(s.Width, s.Height); err != nil {
		return nil, fmt.Errorf("vp8: %w", err)
	}
	state := C.cw_vp8_enc_new(C.uint(s.Width), C.uint(s.Height), kbits(s.Bitrate), C.uint(max(s.FrameRate, 1)))
	if state == nil {
		return nil, errStart
	}
	return &Encoder{s: s, state: state, last: -1}, nil
}

func kbits(bps int) C.uint { return C.uint(max(bps/1000, 1)) } //nolint:gosec // positive

// SetBitrate changes the target from the next frame on, bit/s.
func (e *Encoder) SetBitrate(bps int) error {
	if e.state == nil {
		return errClosed
	}
	if code := C.cw_vp8_enc_rate(e.state, kbits(bps)); code != 0 {
		return fmt.Errorf("vp8: set bit rate: libvpx error %d", int(code))
	}
	return nil
}

// Encode appends the frame of one picture to dst. ts counts 1/90000 s and must rise; duration is
// how long the picture will be shown in the same unit. Nothing is appended when rate control leaves
// the picture out.
func (e *Encoder) Encode(dst []byte, p picture.Picture, ts, duration int64, key bool) (frame []byte, isKey bool, err error) {
	switch {
	case e.state == nil:
		return dst, false, errClosed
	case p.Width != e.s.Width || p.Height != e.s.Height || !p.Whole():
		return dst, false, fmt.Errorf("vp8: picture of %dx%d for an encoder of %dx%d", p.Width, p.Height, e.s.Width, e.s.Height)
	case ts <= e.last:
		return dst, false, fmt.Errorf("vp8: time goes back")
	}
	e.last = ts
	var k C.int
	if key {
		k = 1
	}
	if code := C.cw_vp8_enc_frame(e.state, (*C.uchar)(&p.Y[0]), (*C.uchar)(&p.U[0]), (*C.uchar)(&p.V[0]),
		C.int(p.StrideY), C.int(p.StrideC), C.longlong(ts), C.ulong(max(duration, 1)), k); code != 0 {
		return dst, false, fmt.Errorf("vp8: encode: libvpx error %d", int(code))
	}
	if e.state.size == 0 {
		return dst, false, nil
	}
	return append(dst, unsafe.Slice((*byte)(e.state.out), int(e.state.size))...), e.state.key != 0, nil
}

// Close frees the encoder; a second call does nothing.
func (e *Encoder) Close() {
	if e.state != nil {
		C.cw_vp8_enc_free(e.state)
		e.state = nil
	}
}
