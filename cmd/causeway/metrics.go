package main

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"causeway/media"
)

// collector turns the rooms' counters into metrics when they are asked for; the rooms know nothing of Prometheus.
type collector struct {
	gateway *gateway
	process prometheus.Collector
	runtime prometheus.Collector
}

func newCollector(g *gateway) *collector {
	return &collector{gateway: g,
		process: collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		runtime: collectors.NewGoCollector(),
	}
}

// metric is one description with its kind.
type metric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func gauge(name, help string, labels ...string) metric {
	return metric{prometheus.NewDesc("causeway_"+name, help, labels, nil), prometheus.GaugeValue}
}

func counter(name, help string, labels ...string) metric {
	return metric{prometheus.NewDesc("causeway_"+name+"_total", help, labels, nil), prometheus.CounterValue}
}

// histogram makes a description only: its values come whole from the room that counts them.
func histogram(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("causeway_"+name, help, labels, nil)
}

// The metrics. Their names are part of the operator's interface (docs/operator.md).
var (
	buildInfo       = gauge("build_info", "1, with the version as label.", "version")
	readyNow        = gauge("ready", "1 while calls can be made.")
	socketsOpen     = gauge("websockets", "Open WebSockets.")
	socketsAccepted = counter("websockets_accepted", "WebSockets accepted.")
	socketsRefused  = counter("websockets_refused", "WebSocket handshakes refused.", "reason")
	socketsSlow     = counter("websockets_slow", "WebSockets cut because the browser did not read.")
	sessionsNow     = gauge("sessions", "Logged-in browsers, those within their resume window included.")
	loginsDone      = counter("logins", "Sessions started.")
	loginsResumed   = counter("sessions_resumed", "Sessions taken up again after a lost socket.")
	loginsFailed    = counter("logins_failed", "Logins refused, by error.", "error")
	callsNow        = gauge("calls", "Calls at this moment.")
	callsEnded      = counter("calls", "Calls ended, by direction, cause and the side that ended them.", "direction", "cause", "side")
	panics          = counter("panics", "Panics contained in one session.")
	bindingsNow     = gauge("registrations", "Bindings registered in the core.")
	registrations   = counter("registrations", "Registrations accepted by the core.")
	regRefreshes    = counter("registration_refreshes", "Refreshes accepted by the core.")
	regFailures     = counter("registration_failures", "Registrations that failed, by cause.", "cause")
	sipHop          = gauge("sip_hop_up", "1 while a next hop of the core is used, 0 while it is passed over.", "hop")
	sipOverloads    = counter("sip_overloads", "SIP requests refused or dropped because a limit was reached.")
	messagesDone    = counter("messages", "Messages: sent for pages, received for them, reports given to them, refused to the core.", "event")
	messagesFailed  = counter("messages_failed", "Messages that the core did not take, by cause.", "cause")
	mediaSessions   = gauge("media_sessions", "Media sessions at this moment.")
	portsState      = gauge("media_ports", "Core port pairs by state.", "state")
	mediaRejected   = counter("media_rejected", "Datagrams at the access port that belong to nobody, by reason.", "reason")
	mediaStreams    = gauge("media_streams", "ICE-TCP connections at this moment: trusted after a valid check, waiting before.", "state")
	mediaStreamEnds = counter("media_streams_refused", "ICE-TCP connections refused or ended by the gateway, by reason.", "reason")
	mediaStreamLost = counter("media_stream_dropped", "Datagrams lost because a browser read its ICE-TCP connection too slowly.")
	turnAllocations = gauge("turn_allocations", "Allocations of the built-in TURN server at this moment.")
	turnRefused     = counter("turn_refused", "What the built-in TURN server refused or dropped, by reason.", "reason")
	mediaSendErrors = counter("media_send_errors", "Datagrams the system did not take at the access port.")
	mediaMOS        = histogram("media_mos", "Estimated MOS (E-model) of two seconds of a call.", "leg")
	mediaLoss       = histogram("media_loss_ratio", "Share of packets lost in two seconds of a call, the worse of both ways.", "leg")
	mediaJitter     = histogram("media_jitter_seconds", "Interarrival jitter of what comes to the gateway, in two seconds of a call.", "leg")
	mediaRTT        = histogram("media_rtt_seconds", "Round trip time to the far end of a leg, in two seconds of a call.", "leg")
	videoSessions   = gauge("media_video_sessions", "Calls with video at this moment.")
	videoConverted  = gauge("media_video_conversions", "Conversions between video codecs at this moment; a call that is converted both ways has two.")
	videoMost       = gauge("media_video_conversions_limit", "Conversions there may be at one time.")
	videoRefused    = counter("media_video_conversions_refused", "Conversions that were not begun: none was free, or the formats cannot be converted.")
	videoPictures   = counter("media_video_pictures", "Pictures at the converters: sent, left out (machine, level or bit rate), damaged or lost on the way in.", "event")
	videoKeyFrames  = counter("media_video_key_frames_asked", "Key frames asked of browsers and of phones.")
	videoRate       = histogram("media_video_bits_per_second", "Video sent in two seconds of a call, up to the core and down to the browser.", "direction")
	mediaThreads    = gauge("media_packet_threads", "Packet threads that take new calls.")
	mediaBypass     = counter("media_xdp_packets", "Media packets that went past the system's sockets (AF_XDP), received and sent, and dropped for want of room.", "event")
	rxSessions      = gauge("rx_sessions", "Rx sessions the PCRF may hold.")
	rxOutcomes      = counter("rx_authorizations", "Rx authorisations by outcome.", "outcome")
	rxPeerUp        = gauge("rx_peer_up", "1 while the PCRF connection is open.", "peer")
	rxPeerTimeouts  = counter("rx_peer_timeouts", "Requests never answered in time.", "peer")
	rxAborts        = counter("rx_aborts", "Calls the PCRF ended.")
)

// Describe sends nothing: the set of label values is open, so the collector is unchecked.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect reads every room's counters once.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	c.process.Collect(ch)
	c.runtime.Collect(ch)
	send := func(m metric, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(m.desc, m.kind, v, labels...)
	}
	send(buildInfo, 1, version)
	ready := 0.0
	if c.gateway.ready() == nil {
		ready = 1
	}
	send(readyNow, ready)
	c.collectSignaling(send)
	c.collectMedia(send)
	c.collectQuality(ch)
	c.collectPolicy(send)
}

func (c *collector) collectSignaling(send func(metric, float64, ...string)) {
	s := c.gateway.signaling.Stats()
	send(socketsOpen, float64(s.Sockets.Open))
	send(socketsAccepted, float64(s.Sockets.Accepted))
	send(socketsRefused, float64(s.Sockets.RefusedOrigin), "origin")
	send(socketsRefused, float64(s.Sockets.RefusedOther), "other")
	send(socketsSlow, float64(s.Sockets.Slow))
	send(sessionsNow, float64(s.Sessions.Sessions))
	send(loginsDone, float64(s.Sessions.Logins))
	send(loginsResumed, float64(s.Sessions.Resumed))
	for name, n := range s.Sessions.LoginFailures {
		send(loginsFailed, float64(n), name)
	}
	send(callsNow, float64(s.Sessions.Calls))
	for o, n := range s.Sessions.Ended {
		send(callsEnded, float64(n), o.Direction, o.Cause, o.Side)
	}
	send(panics, float64(s.Sessions.Panics))
	send(bindingsNow, float64(s.IMS.Registered))
	send(registrations, float64(s.IMS.Registrations))
	send(regRefreshes, float64(s.IMS.Refreshes))
	for cause, n := range s.IMS.RegistrationFailures {
		send(regFailures, float64(n), cause)
	}
	send(messagesDone, float64(s.Sessions.Messages.Sent), "sent")
	send(messagesDone, float64(s.Sessions.Messages.Received), "received")
	send(messagesDone, float64(s.Sessions.Messages.Reports), "report")
	send(messagesDone, float64(s.Sessions.Messages.Refused), "refused")
	for cause, n := range s.IMS.MessagesRefused {
		send(messagesFailed, float64(n), cause)
	}
	send(sipOverloads, float64(s.IMS.Overloads))
	for _, h := range s.IMS.Hops {
		up := 0.0
		if h.State == "closed" {
			up = 1
		}
		send(sipHop, up, h.Network+":"+h.Addr.String())
	}
}

func (c *collector) collectTURN(r media.TURNStats, send func(metric, float64, ...string)) {
	send(turnAllocations, float64(r.Allocations))
	for reason, n := range map[string]uint64{
		"rate": r.Limited, "stranger": r.Strangers, "connections": r.Refused, "no_allocation": r.Expired,
		"password": r.BadAuth, "expired": r.Stale, "quota": r.Quota, "peer": r.Peers, "port": r.Astray,
		"bandwidth": r.Throttled, "slow": r.Slow,
	} {
		send(turnRefused, float64(n), reason)
	}
}

func (c *collector) collectMedia(send func(metric, float64, ...string)) {
	m := c.gateway.media.Stats()
	send(mediaSessions, float64(m.Sessions))
	send(portsState, float64(m.Ports.Free), "free")
	send(portsState, float64(m.Ports.Resting), "resting")
	send(portsState, float64(m.Ports.InUse), "in_use")
	send(mediaRejected, float64(m.Access.Strangers), "stranger")
	send(mediaRejected, float64(m.Access.BadChecks), "bad_check")
	send(mediaRejected, float64(m.Access.Limited), "rate")
	send(mediaRejected, float64(m.Access.Unknown), "unknown_protocol")
	send(mediaRejected, float64(m.Oversize), "oversize")
	send(mediaRejected, float64(m.Access.Forbidden), "candidate_forbidden")
	send(mediaRejected, float64(m.Access.Excess), "candidate_excess")
	send(mediaSendErrors, float64(m.SendErrors))
	c.collectTURN(m.Relay, send)
	send(mediaStreams, float64(m.Streams.Open-m.Streams.Waiting), "trusted")
	send(mediaStreams, float64(m.Streams.Waiting), "waiting")
	send(mediaStreamEnds, float64(m.Streams.Refused), "limit")
	send(mediaStreamEnds, float64(m.Streams.Expired), "no_check")
	send(mediaStreamEnds, float64(m.Streams.Oversize), "oversize")
	send(mediaStreamEnds, float64(m.Streams.Slow), "slow")
	send(mediaStreamLost, float64(m.Streams.Dropped))
	send(mediaThreads, float64(m.Threads))
	send(mediaBypass, float64(m.Bypass.Received), "received")
	send(mediaBypass, float64(m.Bypass.Sent), "sent")
	send(mediaBypass, float64(m.Bypass.Dropped), "dropped")
	c.collectVideo(m.Video, send)
}

func (c *collector) collectVideo(m media.VideoTotals, send func(metric, float64, ...string)) {
	v := c.gateway.pictures.stats()
	send(videoSessions, float64(m.Sessions))
	send(videoKeyFrames, float64(m.KeyFrames))
	send(videoConverted, float64(v.now))
	send(videoMost, float64(v.most))
	send(videoRefused, float64(v.refused))
	send(videoPictures, float64(v.sent), "sent")
	send(videoPictures, float64(v.left), "left_out")
	send(videoPictures, float64(v.bad), "damaged")
}

func (c *collector) collectQuality(ch chan<- prometheus.Metric) {
	m := c.gateway.media.Stats()
	for leg, q := range map[string]media.LegQuality{"access": m.AccessQuality, "core": m.CoreQuality} {
		ch <- spread(mediaMOS, q.MOS, leg)
		ch <- spread(mediaLoss, q.Loss, leg)
		ch <- spread(mediaJitter, q.Jitter, leg)
		ch <- spread(mediaRTT, q.RTT, leg)
	}
	ch <- spread(videoRate, m.Video.Up, "up")
	ch <- spread(videoRate, m.Video.Down, "down")
}

// spread is a histogram as Prometheus wants it: each class with all below it.
func spread(desc *prometheus.Desc, s media.Spread, leg string) prometheus.Metric {
	buckets, below := make(map[float64]uint64, len(s.Bounds)), uint64(0)
	for i, bound := range s.Bounds {
		below += s.Counts[i]
		buckets[bound] = below
	}
	return prometheus.MustNewConstHistogram(desc, below+s.Counts[len(s.Bounds)], s.Sum, buckets, leg)
}

func (c *collector) collectPolicy(send func(metric, float64, ...string)) {
	if c.gateway.policy == nil {
		return
	}
	p := c.gateway.policy.Stats()
	send(rxSessions, float64(p.Sessions))
	for outcome, n := range p.Outcomes {
		send(rxOutcomes, float64(n), outcome)
	}
	send(rxAborts, float64(p.Aborts))
	for _, one := range p.Peers {
		up := 0.0
		if one.State == "okay" || one.State == "probing" {
			up = 1
		}
		send(rxPeerUp, up, one.Address)
		send(rxPeerTimeouts, float64(one.Timeouts), one.Address)
	}
}
