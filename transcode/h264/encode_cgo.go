//go:build cgo

package h264

/*
#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

typedef struct { ISVCEncoder *enc; SFrameBSInfo info; int w, h; } cw_264_enc;

static cw_264_enc *cw_264_enc_new(int w, int h, int bps, float fps, int level, int nal) {
	cw_264_enc *e = calloc(1, sizeof *e);
	if (!e) return NULL;
	if (WelsCreateSVCEncoder(&e->enc) || !e->enc) { free(e); return NULL; }
	e->w = w; e->h = h;
	int quiet = WELS_LOG_QUIET;
	(*e->enc)->SetOption(e->enc, ENCODER_OPTION_TRACE_LEVEL, &quiet);
	SEncParamExt p;
	(*e->enc)->GetDefaultParams(e->enc, &p);
	p.iUsageType = CAMERA_VIDEO_REAL_TIME;
	p.iPicWidth = w; p.iPicHeight = h;
	p.fMaxFrameRate = fps;
	p.iTargetBitrate = bps;
	p.iMaxBitrate = UNSPECIFIED_BIT_RATE;
	p.iRCMode = RC_BITRATE_MODE;
	p.bEnableFrameSkip = true;
	p.uiIntraPeriod = 0; // on demand only
	p.iNumRefFrame = 1;
	p.eSpsPpsIdStrategy = CONSTANT_ID;
	p.iEntropyCodingModeFlag = 0;
	p.iMultipleThreadIdc = 1;
	p.iComplexityMode = LOW_COMPLEXITY;
	p.bEnableDenoise = false;
	p.bEnableAdaptiveQuant = false;
	p.bEnableSceneChangeDetect = false;
	p.bPrefixNalAddingCtrl = false;
	p.iTemporalLayerNum = 1;
	p.iSpatialLayerNum = 1;
	p.uiMaxNalSize = nal;
	SSpatialLayerConfig *l = &p.sSpatialLayers[0];
	l->iVideoWidth = w; l->iVideoHeight = h;
	l->fFrameRate = fps;
	l->iSpatialBitrate = bps;
	l->iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
	l->uiProfileIdc = PRO_BASELINE;
	l->uiLevelIdc = (ELevelIdc)level;
	l->sSliceArgument.uiSliceMode = nal ? SM_SIZELIMITED_SLICE : SM_SINGLE_SLICE;
	l->sSliceArgument.uiSliceSizeConstraint = nal;
	l->sSliceArgument.uiSliceNum = nal ? 0 : 1;
	if ((*e->enc)->InitializeExt(e->enc, &p)) { WelsDestroySVCEncoder(e->enc); free(e); return NULL; }
	(*e->enc)->SetOption(e->enc, ENCODER_OPTION_TRACE_LEVEL, &quiet);
	int format = videoFormatI420;
	(*e->enc)->SetOption(e->enc, ENCODER_OPTION_DATAFORMAT, &format);
	return e;
}
static int cw_264_enc_rate(cw_264_enc *e, int bps) {
	SBitrateInfo b = { SPATIAL_LAYER_ALL, bps };
	return (*e->enc)->SetOption(e->enc, ENCODER_OPTION_BITRATE, &b);
}
static int cw_264_enc_fps(cw_264_enc *e, float fps) {
	return (*e->enc)->SetOption(e->enc, ENCODER_OPTION_FRAME_RATE, &fps);
}
static int cw_264_enc_frame(cw_264_enc *e, unsigned char *y, unsigned char *u, unsigned char *v, int sy, int sc, long long ms, int key) {
	SSourcePicture s;
	memset(&s, 0, sizeof s);
	s.iColorFormat = videoFormatI420;
	s.iPicWidth = e->w; s.iPicHeight = e->h;
	s.iStride[0] = sy; s.iStride[1] = s.iStride[2] = sc;
	s.pData[0] = y; s.pData[1] = u; s.pData[2] = v;
	s.uiTimeStamp = ms;
	memset(&e->info, 0, sizeof e->info);
	if (key) (*e->enc)->ForceIntraFrame(e->enc, true);
	return (*e->enc)->EncodeFrame(e->enc, &s, &e->info);
}
// cw_264_enc_layer gives the octets of one layer; its NAL units follow each other with start codes.
static int cw_264_enc_layer(cw_264_enc *e, int i, unsigned char **at) {
	SLayerBSInfo *l = &e->info.sLayerInfo[i];
	int n = 0;
	for (int k = 0; k < l->iNalCount; k++) n += l->pNalLengthInByte[k];
	*at = l->pBsBuf;
	return n;
}
static void cw_264_enc_free(cw_264_enc *e) {
	(*e->enc)->Uninitialize(e->enc);
	WelsDestroySVCEncoder(e->enc);
	free(e);
}

#cgo noescape cw_264_enc_frame
#cgo nocallback cw_264_enc_frame
#cgo nocallback cw_264_enc_layer
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"causeway/transcode/picture"
)

var errClosed = errors.New("h264: encoder closed")

// Encoder encodes one stream of one size in real time as constrained baseline: one thread, CAVLC, one
// reference, constant bit rate, IDR pictures only when asked for, each with its SPS and PPS. Used by
// one goroutine at a time; it owns C memory until Close.
type Encoder struct {
	s Settings

	state *C.cw_264_enc
	last  int64
}

// NewEncoder starts an encoder.
func NewEncoder(s Settings) (*Encoder, error) {
	if err := picture.CheckSize(s.Width, s.Height); err != nil {
		return nil, fmt.Errorf("h264: %w", err)
	}
	if s.Width%2 != 0 || s.Height%2 != 0 {
		return nil, fmt.Errorf("h264: %w: %dx%d is odd", picture.ErrSize, s.Width, s.Height)
	}
	state := C.cw_264_enc_new(C.int(s.Width), C.int(s.Height), C.int(s.Bitrate), C.float(fps(s.FrameRate)), C.int(s.Level), C.int(s.MaxNAL))
	if state == nil {
		return nil, errStart
	}
	return &Encoder{s: s, state: state, last: -1}, nil
}

func fps(rate int) int { return min(max(rate, 1), 30) }

// SetBitrate changes the target from the next picture on, bit/s.
func (e *Encoder) SetBitrate(bps int) error {
	if e.state == nil {
		return errClosed
	}
	if code := C.cw_264_enc_rate(e.state, C.int(bps)); code != 0 {
		return fmt.Errorf("h264: set bit rate: openh264 error %d", int(code))
	}
	return nil
}

// SetFrameRate tells the encoder how many pictures per second to expect, by which it shares out the
// bit rate.
func (e *Encoder) SetFrameRate(rate int) error {
	if e.state == nil {
		return errClosed
	}
	if code := C.cw_264_enc_fps(e.state, C.float(fps(rate))); code != 0 {
		return fmt.Errorf("h264: set frame rate: openh264 error %d", int(code))
	}
	return nil
}

// Encode appends the access unit of one picture to dst, in the byte stream format. ts counts 1/90000
// s and must rise. Nothing is appended when rate control leaves the picture out.
func (e *Encoder) Encode(dst []byte, p picture.Picture, ts int64, key bool) (unit []byte, isKey bool, err error) {
	switch {
	case e.state == nil:
		return dst, false, errClosed
	case p.Width != e.s.Width || p.Height != e.s.Height || !p.Whole():
		return dst, false, fmt.Errorf("h264: picture of %dx%d for an encoder of %dx%d", p.Width, p.Height, e.s.Width, e.s.Height)
	case ts <= e.last:
		return dst, false, errors.New("h264: time goes back")
	}
	e.last = ts
	var k C.int
	if key {
		k = 1
	}
	if code := C.cw_264_enc_frame(e.state, (*C.uchar)(&p.Y[0]), (*C.uchar)(&p.U[0]), (*C.uchar)(&p.V[0]),
		C.int(p.StrideY), C.int(p.StrideC), C.longlong(ts/90), k); code != 0 {
		return dst, false, fmt.Errorf("h264: encode: openh264 error %d", int(code))
	}
	switch e.state.info.eFrameType {
	case C.videoFrameTypeSkip, C.videoFrameTypeInvalid:
		return dst, false, nil
	}
	for i := range min(int(e.state.info.iLayerNum), C.MAX_LAYER_NUM_OF_FRAME) {
		var at *C.uchar
		if n := C.cw_264_enc_layer(e.state, C.int(i), &at); n > 0 {
			dst = append(dst, unsafe.Slice((*byte)(at), int(n))...)
		}
	}
	return dst, e.state.info.eFrameType == C.videoFrameTypeIDR, nil
}

// Close frees the encoder; a second call does nothing.
func (e *Encoder) Close() {
	if e.state != nil {
		C.cw_264_enc_free(e.state)
		e.state = nil
	}
}
