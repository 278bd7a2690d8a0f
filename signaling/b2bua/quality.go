package b2bua

import (
	"time"

	"causeway/media"
	"causeway/signaling/wire"
)

// startMeter sends call.quality from the first connection on, every Config.QualityInterval.
func (c *Call) startMeter() {
	every := c.agent.config.QualityInterval
	if every == 0 || c.meter != nil {
		return
	}
	c.meter = time.AfterFunc(every, func() { c.post(c.measure) })
}

// measure tells the browser the figures of both legs; nothing is kept for one that is away.
func (c *Call) measure() {
	if _, ok := c.host.Browser(); ok {
		st := c.stream.Stats()
		c.host.Tell(wire.EventQuality, wire.CallQuality{Call: c.name, Access: quality(st.Access), Core: quality(st.Core),
			Transcoding: st.Transcoding(), Video: videoQuality(st.Video)})
	}
	c.meter.Reset(c.agent.config.QualityInterval)
}

func quality(l media.LegStats) wire.LegQuality {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return wire.LegQuality{Codec: l.Codec, Sent: l.PacketsSent, Received: l.PacketsReceived, Lost: l.Lost,
		Jitter: ms(l.Jitter), RTT: ms(l.RTT), MOS: l.MOS}
}

// heard is how the call was, for its last line in the log: nothing where no media came.
func (c *Call) heard() []any {
	if c.stream == nil {
		return nil
	}
	st := c.stream.Stats()
	if st.Access.PacketsReceived == 0 && st.Core.PacketsReceived == 0 {
		return nil
	}
	return []any{"mos_access", st.Access.MeanMOS, "mos_core", st.Core.MeanMOS, "lost_access", st.Access.Lost, "lost_core", st.Core.Lost}
}

// videoQuality are the figures of video, nil while there is none.
func videoQuality(v *media.VideoStats) *wire.VideoQuality {
	if v == nil || v.Access.PacketsReceived+v.Access.PacketsSent == 0 {
		return nil
	}
	leg := func(l media.VideoLegStats) wire.LegQuality {
		return quality(media.LegStats{Codec: l.Codec, PacketsSent: l.PacketsSent, PacketsReceived: l.PacketsReceived, Lost: l.Lost, Jitter: l.Jitter, RTT: l.RTT})
	}
	return &wire.VideoQuality{Access: leg(v.Access), Core: leg(v.Core), Transcoding: v.Up.Converting || v.Down.Converting}
}
