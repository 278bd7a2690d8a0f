package video

import (
	"math"

	"causeway/transcode/h264"
	"causeway/transcode/picture"
)

// What a picture costs. Below thinnest bits per pixel an encoder makes mud, and a smaller picture
// looks better; it grows again only with some to spare. Above rich nothing is gained.
const (
	thinnest  = 0.02
	enough    = 0.03
	rich      = 0.12
	smallest  = 320 * 180 // pixels; not scaled below for the sake of the bit rate
	most      = 2_500_000 // bit/s, whatever the size
	smooth    = 15        // frames per second that a picture is made smaller for
	settleUp  = 8 * Clock // time between a change of size and a larger one
	settleOut = 2 * Clock // likewise and a smaller one
)

// bounds is what the receiver takes.
type bounds struct {
	level     h264.Level // FrameSize 0: none
	frameSize int        // macroblocks, 0 for no bound
	frameRate int        // frames per second, 0 for no bound
	bitrate   int        // bit/s, 0 if not known
}

// fits reports whether pictures of a size are within the level, at a bearable frame rate. VP8's max-fs bounds the sides as H.264's levels
// do (RFC 7741 6.1).
func (b bounds) fits(width, height int, fps float64) bool {
	if picture.CheckSize(width, height) != nil {
		return false
	}
	if b.frameSize > 0 && !(h264.Level{FrameSize: b.frameSize}).Fits(width, height) {
		return false
	}
	if b.level.FrameSize == 0 {
		return true
	}
	return b.level.Fits(width, height) && float64(picture.Macroblocks(width, height))*min(fps, smooth) <= float64(b.level.Rate)
}

// target is the bit rate for pictures of a size when the receiver can take offered, which is 0 if not
// known.
func (b bounds) target(width, height int, fps float64, offered int) int {
	bps := int(rich * float64(width*height) * min(max(fps, smooth), 30))
	for _, limit := range []int{offered, b.bitrate, b.level.Bitrate, most} {
		if limit > 0 {
			bps = min(bps, limit)
		}
	}
	return max(bps, MinBitrate)
}

// interval is the shortest time between two pictures of a size, in 1/90000 s: the level's bound, or the receiver's frame rate.
func (b bounds) interval(width, height int) (least int64) {
	if b.level.Rate > 0 {
		least = int64(picture.Macroblocks(width, height)) * Clock / int64(b.level.Rate)
	}
	if b.frameRate > 0 {
		least = max(least, Clock/int64(b.frameRate))
	}
	return least
}

// steps are the sizes tried, as fractions of the sender's.
func steps() []float64 { return []float64{1, 0.75, 0.5, 0.375, 0.25, 0.1875, 0.125} }

// scaled is a size at one step, even as 4:2:0 needs.
func scaled(width, height, step int) (int, int) {
	f := steps()[step]
	return int(math.Round(float64(width)*f/2)) * 2, int(math.Round(float64(height)*f/2)) * 2
}

// choose returns the step for pictures of a size: the largest that the level and the bit rate allow.
// bpp is how many bits a pixel should have.
func (b bounds) choose(width, height int, fps float64, offered int, bpp float64) (step int, ok bool) {
	last := -1
	for i := range steps() {
		w, h := scaled(width, height, i)
		if !b.fits(w, h, fps) {
			continue
		}
		last = i
		if w*h <= smallest || float64(b.target(w, h, fps, offered)) >= bpp*float64(w*h)*min(max(fps, smooth), 30) {
			return i, true
		}
	}
	return last, last >= 0
}

// sizer keeps the size of the outgoing pictures, and changes it seldom: each change is a key frame.
type sizer struct {
	bounds

	width, height int // of the sender's pictures
	step          int
	since         int64 // time of the last change, 1/90000 s
}

// size returns the size to send; ok is false when no size is within the bounds.
func (s *sizer) size(width, height int, fps float64, offered int, now int64) (w, h int, ok bool) {
	if s.width != width || s.height != height {
		step, ok := s.choose(width, height, fps, offered, thinnest)
		if !ok {
			return 0, 0, false
		}
		s.width, s.height, s.step, s.since = width, height, step, now
	}
	smaller, okSmaller := s.choose(width, height, fps, offered, thinnest)
	larger, okLarger := s.choose(width, height, fps, offered, enough)
	switch {
	case okSmaller && smaller > s.step && now-s.since >= settleOut:
		s.step, s.since = smaller, now
	case okLarger && larger < s.step && now-s.since >= settleUp:
		s.step, s.since = larger, now
	}
	w, h = scaled(width, height, s.step)
	return w, h, true
}
