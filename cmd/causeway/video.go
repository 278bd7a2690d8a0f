package main

import (
	"runtime"

	"causeway/media"
	"causeway/transcode/video"
)

// videoMaker gives the media plane its converters between video codecs.
type videoMaker struct{ limit *video.Limit }

// newVideoMaker allows as many conversions as the configuration says, or two calls for every three processors: a conversion of a
// telephone's picture takes about a third of one, and sound has to have room.
func newVideoMaker(c media.Config) videoMaker {
	most := c.VideoConversions
	if most == 0 {
		most = max(4*runtime.GOMAXPROCS(0)/3, 2)
	}
	return videoMaker{video.NewLimit(most)}
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
		return nil, err
	}
	return videoConverter{c}, nil
}

func videoFormat(f media.VideoFormat) video.Format {
	return video.Format{Codec: f.Codec, PacketizationMode: f.PacketizationMode, ProfileLevelID: f.ProfileLevelID,
		SpropParameterSets: f.ParameterSets, MaxBitrate: f.MaxBitrate, MTU: f.MTU}
}

// videoConverter is a converter in the media plane's words.
type videoConverter struct{ video.Converter }

// Pull implements media.VideoConverter.
func (c videoConverter) Pull(dst []byte) (media.VideoPacket, bool) {
	p, ok := c.Converter.Pull(dst)
	return media.VideoPacket(p), ok
}
