package b2bua

import (
	"time"

	"causeway/media"
	"causeway/signaling/wire"
)

// meter is when the browser is told the figures of a call.
type meter struct {
	timer *time.Timer
	told  uint64 // packets when it was told last
}

// startMeter sends call.quality from the first connection on, every Config.QualityInterval.
func (c *Call) startMeter() {
	every := c.agent.config.QualityInterval
	if every == 0 || c.meter.timer != nil {
		return
	}
	c.meter.timer = time.AfterFunc(every, func() { c.post(c.measure) })
}

// measure tells the browser the figures of both legs, unless nothing came or went since the last time; nothing is kept for one that is away.
func (c *Call) measure() {
	if _, ok := c.host.Browser(); !ok {
		c.meter.told = 0
	} else if st := c.stream.Stats(); packets(st) != c.meter.told {
		c.meter.told = packets(st)
		c.host.Tell(wire.EventQuality, wire.CallQuality{Call: c.name, Access: quality(st.Access), Core: quality(st.Core),
			Transcoding: st.Transcoding(), Video: videoQuality(st.Video)})
	}
	c.meter.timer.Reset(c.agent.config.QualityInterval)
}

// packets changes whenever a packet came or went.
func packets(st media.Stats) uint64 {
	n := st.Access.PacketsSent + st.Access.PacketsReceived + st.Core.PacketsSent + st.Core.PacketsReceived
	if v := st.Video; v != nil {
		n += v.Access.PacketsSent + v.Access.PacketsReceived + v.Core.PacketsSent + v.Core.PacketsReceived
	}
	return n
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
