//go:build cgo

package h264

/*
#cgo LDFLAGS: -lopenh264
#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

// The decoder and what the last call gave; in C memory, because the library keeps pointers.
typedef struct { ISVCDecoder *dec; SBufferInfo info; unsigned char *plane[3]; } cw_264_dec;

static cw_264_dec *cw_264_dec_new(void) {
	cw_264_dec *d = calloc(1, sizeof *d);
	if (!d) return NULL;
	if (WelsCreateDecoder(&d->dec) || !d->dec) { free(d); return NULL; }
	int quiet = WELS_LOG_QUIET;
	(*d->dec)->SetOption(d->dec, DECODER_OPTION_TRACE_LEVEL, &quiet);
	SDecodingParam p;
	memset(&p, 0, sizeof p);
	p.sVideoProperty.size = sizeof p.sVideoProperty;
	p.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC;
	p.eEcActiveIdc = ERROR_CON_SLICE_COPY;
	if ((*d->dec)->Initialize(d->dec, &p)) { WelsDestroyDecoder(d->dec); free(d); return NULL; }
	(*d->dec)->SetOption(d->dec, DECODER_OPTION_TRACE_LEVEL, &quiet);
	return d;
}
static int cw_264_dec_unit(cw_264_dec *d, const unsigned char *b, int n, unsigned long long ts) {
	memset(&d->info, 0, sizeof d->info);
	memset(d->plane, 0, sizeof d->plane);
	d->info.uiInBsTimeStamp = ts;
	return (*d->dec)->DecodeFrameNoDelay(d->dec, b, n, d->plane, &d->info);
}
static void cw_264_dec_free(cw_264_dec *d) {
	(*d->dec)->Uninitialize(d->dec);
	WelsDestroyDecoder(d->dec);
	free(d);
}
// cgo sees no unions.
static SSysMEMBuffer cw_264_dec_buf(cw_264_dec *d) { return d->info.UsrData.sSystemBuffer; }

#cgo noescape cw_264_dec_unit
#cgo nocallback cw_264_dec_unit
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"causeway/transcode/picture"
)

// Available reports whether this program was built with openh264.
func Available() bool { return true }

var errStart = errors.New("h264: the codec library could not be started")

// Decoder decodes one stream. It is used by one goroutine at a time and owns C memory until Close.
type Decoder struct {
	sets Sets

	state *C.cw_264_dec
	clean []byte // the access unit as the library gets it
	known bool   // an IDR picture has been decoded
}

// NewDecoder starts a decoder. sprop is the value of the sender's sprop-parameter-sets, which may be
// empty; what is wrong in it is left out, as the stream may bring better.
func NewDecoder(sprop string) (*Decoder, error) {
	state := C.cw_264_dec_new()
	if state == nil {
		return nil, errStart
	}
	d := &Decoder{state: state}
	_ = d.sets.Sprop(sprop)
	return d, nil
}

// Decode decodes one access unit in the byte stream format. ts comes back with the picture that it
// belongs to, which may be an earlier one when the sender uses B slices. shown is false when no
// picture is ready. The picture is good until the next call. A picture whose references are damaged
// comes with an error: it may be shown for want of a better one, but a key frame is needed.
func (d *Decoder) Decode(unit []byte, ts uint64) (p picture.Picture, at uint64, shown bool, err error) {
	if d.state == nil {
		return p, 0, false, fmt.Errorf("%w: decoder closed", ErrPayload)
	}
	if len(unit) > MaxUnit {
		return p, 0, false, fmt.Errorf("%w: access unit over %d octets", ErrPayload, MaxUnit)
	}
	clean, _, key, err := d.sets.Check(d.clean[:0], unit)
	d.clean = clean[:0]
	switch {
	case err != nil:
		return p, 0, false, err
	case len(clean) == 0:
		return p, 0, false, nil
	case !key && !d.known:
		return p, 0, false, fmt.Errorf("%w: no key frame yet", ErrPayload)
	}
	code := C.cw_264_dec_unit(d.state, (*C.uchar)(&clean[0]), C.int(len(clean)), C.ulonglong(ts))
	if code != 0 {
		err = fmt.Errorf("%w: openh264 state %#x", ErrPayload, int(code))
	} else {
		d.known = true
	}
	if d.state.info.iBufferStatus != 1 {
		return p, 0, false, err
	}
	if p, bad := d.picture(); bad != nil {
		return p, 0, false, bad
	} else {
		return p, uint64(d.state.info.uiOutYuvTimeStamp), true, err
	}
}

// picture makes views of the planes the library has filled.
func (d *Decoder) picture() (picture.Picture, error) {
	b := C.cw_264_dec_buf(d.state)
	p := picture.Picture{Width: int(b.iWidth), Height: int(b.iHeight), StrideY: int(b.iStride[0]), StrideC: int(b.iStride[1])}
	at := d.state.info.pDst
	if b.iFormat != C.videoFormatI420 || at[0] == nil || at[1] == nil || at[2] == nil || picture.CheckSize(p.Width, p.Height) != nil ||
		p.StrideY < p.Width || p.StrideC < (p.Width+1)/2 {
		return picture.Picture{}, fmt.Errorf("%w: picture of %dx%d, format %d", ErrPayload, p.Width, p.Height, int(b.iFormat))
	}
	p.Y = plane(at[0], p.StrideY, p.Width, p.Height)
	p.U = plane(at[1], p.StrideC, (p.Width+1)/2, (p.Height+1)/2)
	p.V = plane(at[2], p.StrideC, (p.Width+1)/2, (p.Height+1)/2)
	return p, nil
}

func plane(at *C.uchar, stride, width, height int) []byte {
	return unsafe.Slice((*byte)(at), stride*(height-1)+width)
}

// Close frees the decoder; a second call does nothing.
func (d *Decoder) Close() {
	if d.state != nil {
		C.cw_264_dec_free(d.state)
		d.state = nil
	}
}
