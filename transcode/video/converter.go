package video

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Errors that callers branch on.
var (
	ErrUnsupported = errors.New("video: conversion not supported") // no such codec pair, or built without cgo
	ErrBusy        = errors.New("video: as many conversions as allowed are running")
)

// Codec names as in a=rtpmap, compared without case.
const (
	H264 = "H264"
	VP8  = "VP8"
)

// Clock is the RTP clock of both codecs, Hz (RFC 6184 8.2.1, RFC 7741 6.1).
const Clock = 90000

// Limits and defaults of a Format.
const (
	DefaultMTU = 1200   // payload octets; leaves room for SRTP, TURN and IPv6 within 1280
	MinMTU     = 500    // the H.264 encoder cannot promise shorter slices
	MaxMTU     = 1460   // a payload of this size fits an Ethernet frame with RTP, UDP and IPv4 headers
	MinBitrate = 30_000 // bit/s; below that no encoder gives a picture that moves
)

// Format is one side of a conversion: what the sender sends, or what the receiver takes.
type Format struct {
	Codec              string // "H264" or "VP8"
	PacketizationMode  int    // H264: 0 or 1
	ProfileLevelID     string // H264: six hexadecimal digits; of the receiver: its limits are kept; empty means 42000a (RFC 6184 8.1)
	SpropParameterSets string // H264: of the sender, from its fmtp; may be empty
	MaxFrameSize       int    // VP8: of the receiver, macroblocks of a frame (max-fs, RFC 7741 6.1); 0 for no bound
	MaxFrameRate       int    // VP8: of the receiver, frames per second (max-fr); 0 for no bound
	MaxBitrate         int    // of the receiver, bit/s, from b=; 0 if not known
	MTU                int    // longest payload to send, octets; 0 for DefaultMTU
}

// is compares the codec name.
func (f Format) is(codec string) bool { return strings.EqualFold(f.Codec, codec) }

// Options of a conversion; the zero value is good.
type Options struct {
	// Hold is how long packets wait for an earlier one that is missing; 0 for DefaultHold.
	Hold time.Duration

	// Ready makes the converter work on a goroutine of its own, at lower priority than the rest of the
	// program, and is called from there when Pull has something. It must not block. Without it Pull
	// decodes and encodes in the goroutine of the caller. It must not call Close.
	Ready func()

	// Fault is called when the converter's own goroutine has panicked; Pull gives nothing any more then,
	// and Close is still to be called, which Fault may do. Without it the panic is not caught.
	Fault func(reason any)

	// Limit bounds how many conversions run at once in the program; nil for no bound.
	Limit *Limit
}

// DefaultHold is the time in which a packet that was asked for again (RFC 4585 NACK) usually comes.
const DefaultHold = 120 * time.Millisecond

// Packet is one payload to be sent.
type Packet struct {
	Payload   []byte
	Timestamp uint32 // of the source frame, 90 kHz
	Marker    bool   // last packet of its frame
	KeyFrame  bool   // of a key frame
}

// Converter turns one RTP video stream into another. Its methods may be called by several goroutines.
type Converter interface {
	// Push takes one RTP payload of the incoming stream, which is copied. now is the time it came.
	// A payload that is not what the format says is dropped with its picture.
	Push(seq uint16, ts uint32, marker bool, payload []byte, now time.Time)

	// Pull gives the next outgoing payload, in dst if that is as long as the format's MTU, and false
	// when there is none now.
	Pull(dst []byte) (Packet, bool)

	// RequestKeyFrame says that the receiver wants a key frame (PLI, FIR): the next picture is one.
	// Requests within MinKeyInterval of the last key frame wait until that has passed.
	RequestKeyFrame()

	// WantsKeyFrame reports whether the sender is to be asked for a key frame: at the start, and when
	// a picture was lost or damaged. It is true once for each need, and again each second that the
	// key frame has not come.
	WantsKeyFrame() bool

	// SetBitrate sets what the receiver can take now, bit/s (REMB, TMMBR). It counts from the next
	// picture on. Format.MaxBitrate and the level remain bounds.
	SetBitrate(bps int)

	// Stats returns what has been counted.
	Stats() Stats

	// Close ends the conversion, waits for its goroutine and frees the codecs. A second call does
	// nothing.
	Close()
}

// Stats counts what one conversion did.
type Stats struct {
	FramesIn      uint64 // complete frames from the sender
	FramesLost    uint64 // holes that no packet came for, damaged and malformed frames
	FramesFrozen  uint64 // left out while a key frame was awaited
	FramesSkipped uint64 // decoded but not encoded: the machine, the level or the bit rate allowed no more
	FramesDamaged uint64 // shown as they were, because no key frame had come for long
	FramesOut     uint64
	KeyFramesOut  uint64
	Width, Height int // of the newest picture sent
	Bitrate       int // the encoder's target, bit/s
}

// Supported reports whether this program can convert one codec into another. It depends on how the
// program was built.
func Supported(from, to string) bool {
	return available(Format{Codec: from}.known(), Format{Codec: to}.known())
}

// known returns the codec's name as written above, or "".
func (f Format) known() string {
	switch {
	case f.is(H264):
		return H264
	case f.is(VP8):
		return VP8
	}
	return ""
}

// NewConverter starts a conversion. It returns ErrUnsupported for a pair that is not possible, and
// ErrBusy when opt.Limit is reached; the call goes on with audio alone then. from and to may name the
// same codec, for what only re-encoding can do: another packetization mode, profile or level.
func NewConverter(from, to Format, opt Options) (Converter, error) {
	if err := check(&from, &to); err != nil {
		return nil, err
	}
	if opt.Hold <= 0 {
		opt.Hold = DefaultHold
	}
	if !opt.Limit.take() {
		return nil, ErrBusy
	}
	c, err := newConverter(from, to, opt)
	if err != nil {
		opt.Limit.give()
		return nil, err
	}
	return c, nil
}

// check completes both formats or says what is wrong.
func check(from, to *Format) error {
	if !Supported(from.Codec, to.Codec) {
		return fmt.Errorf("%w: %s to %s", ErrUnsupported, from.Codec, to.Codec)
	}
	for _, f := range []*Format{from, to} {
		if f.PacketizationMode != 0 && f.PacketizationMode != 1 {
			return fmt.Errorf("%w: packetization-mode %d", ErrUnsupported, f.PacketizationMode)
		}
		if f.MaxBitrate < 0 {
			return fmt.Errorf("%w: bit rate of %d", ErrUnsupported, f.MaxBitrate)
		}
		if f.MaxFrameSize < 0 || f.MaxFrameRate < 0 {
			return fmt.Errorf("%w: %d macroblocks, %d frames per second", ErrUnsupported, f.MaxFrameSize, f.MaxFrameRate)
		}
		if f.MTU == 0 {
			f.MTU = DefaultMTU
		}
		if f.MTU < MinMTU || f.MTU > MaxMTU {
			return fmt.Errorf("%w: MTU of %d, want %d to %d", ErrUnsupported, f.MTU, MinMTU, MaxMTU)
		}
	}
	return nil
}
