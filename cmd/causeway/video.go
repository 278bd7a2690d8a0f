package main

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"causeway/media"
	"causeway/transcode/video"
)

// videoMaker gives the media plane its converters between video codecs.
type videoMaker struct {
	limit   *video.Limit
	most    int
	refused *atomic.Uint64
	running *running
}

// running are the conversions at this moment, and what those before them counted.
type running struct {
	mu    sync.Mutex // guards the following
	now   map[*videoConverter]struct{}
	ended video.Stats
}

// conversions are the figures of all conversions.
type conversions struct {
	now, most                int
	refused, sent, left, bad uint64
}

func (m videoMaker) stats() conversions {
	r := m.running
	r.mu.Lock()
	defer r.mu.Unlock()
	out := conversions{now: m.limit.Running(), most: m.most, refused: m.refused.Load()}
	out.add(r.ended)
	for c := range r.now {
		out.add(c.Stats())
	}
	return out
}

func (c *conversions) add(s video.Stats) {
	c.sent += s.FramesOut
	c.left += s.FramesSkipped
	c.bad += s.FramesLost + s.FramesFrozen
}

// newVideoMaker allows as many conversions as the configuration says, or two calls for every three processors: a conversion of a
// telephone's picture takes about a third of one, and sound has to have room.
func newVideoMaker(c media.Config) videoMaker {
	most := c.VideoConversions
	if most == 0 {
		most = max(4*runtime.GOMAXPROCS(0)/3, 2)
	}
	return videoMaker{video.NewLimit(most), most, new(atomic.Uint64), &running{now: map[*videoConverter]struct{}{}}}
}

// names are the codecs that browsers may have beside H.264.
func (m videoMaker) names() []string {
	if m.Supported(video.VP8, video.H264) && m.Supported(video.H264, video.VP8) {
		return []string{video.VP8}
	}
	return nil
}

// Supported implements media.VideoMaker.
func (videoMaker) Supported(from, to string) bool { return video.Supported(from, to) }

// New implements media.VideoMaker.
func (m videoMaker) New(from, to media.VideoFormat, ready func(), fault func(any)) (media.VideoConverter, error) {
	c, err := video.NewConverter(videoFormat(from), videoFormat(to), video.Options{Ready: ready, Fault: fault, Limit: m.limit})
	if err != nil {
		m.refused.Add(1)
		if errors.Is(err, video.ErrBusy) {
			return nil, media.ErrVideoBusy
		}
		return nil, err
	}
	out := &videoConverter{Converter: c, of: m.running}
	out.of.mu.Lock()
	defer out.of.mu.Unlock()
	out.of.now[out] = struct{}{}
	return out, nil
}

func videoFormat(f media.VideoFormat) video.Format {
	return video.Format{Codec: f.Codec, PacketizationMode: f.PacketizationMode, ProfileLevelID: f.ProfileLevelID,
		SpropParameterSets: f.ParameterSets, MaxFrameSize: f.MaxFrameSize, MaxFrameRate: f.MaxFrameRate, MaxBitrate: f.MaxBitrate, MTU: f.MTU}
}

// videoConverter is a converter in the media plane's words.
type videoConverter struct {
	video.Converter
	of *running
}

// Close implements media.VideoConverter.
func (c *videoConverter) Close() {
	c.Converter.Close()
	s := c.Stats()
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if _, here := c.of.now[c]; !here {
		return
	}
	delete(c.of.now, c)
	e := &c.of.ended
	e.FramesOut += s.FramesOut
	e.FramesSkipped += s.FramesSkipped
	e.FramesLost += s.FramesLost
	e.FramesFrozen += s.FramesFrozen
}

// Pull implements media.VideoConverter.
func (c *videoConverter) Pull(dst []byte) (media.VideoPacket, bool) {
	p, ok := c.Converter.Pull(dst)
	return media.VideoPacket(p), ok
}
