package media

import (
	"time"

	"causeway/media/packet"
)

// The ways through a session.
const (
	toCore = iota
	toAccess
)

// captured is where the sound and the picture of one sender stand now, for our reports of both. They are known together or not at all:
// one stream's report by the sender's clock and the other's by arrival would part what belongs together. tick alone calls it.
func (s *Session) captured(way int, now time.Time) (sound, picture packet.Instant) {
	v := s.video.Load()
	if v == nil {
		return sound, picture
	}
	delay, known := s.access.Delay()
	if way == toAccess {
		delay, known = s.core.Delay()
	}
	if !known {
		return sound, picture
	}
	at := s.clocks[way].Read(delay, now)
	if way == toAccess {
		sound.RTP, sound.Known = s.core.SourceTime(at)
		picture.RTP, picture.Known = v.core.SourceTime(at)
	} else {
		sound.RTP, sound.Known = s.access.SourceTime(at)
		picture.RTP, picture.Known = s.access.VideoTime(at)
	}
	if !sound.Known || !picture.Known {
		return packet.Instant{}, packet.Instant{}
	}
	return sound, picture
}
