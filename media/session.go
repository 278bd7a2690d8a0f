package media

import (
	crand "crypto/rand"
	"encoding/base64"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"causeway/media/access"
	"causeway/media/bridge"
	"causeway/media/core"
	"causeway/media/packet"
	"causeway/media/udp"
)

// accessInterval is the mean time between reports to the browser: short enough
// for a figure every two seconds. AVPF allows it (RFC 4585 3.3).
const accessInterval = 2 * time.Second

// Session is the media of one call. Safe for concurrent use.
type Session struct {
	gateway *Gateway
	log     *slog.Logger
	events  mailbox
	access  *access.Leg
	core    *core.Leg
	bridge  *bridge.Bridge
	names   names
	once    sync.Once
	quality tracker
	video   atomic.Pointer[videoPlane] // nil until OpenVideo
	clocks  [2]packet.FarClock         // of who sends up and down; belong to tick

	mu     sync.Mutex // guards the following
	plan   negotiated
	closed bool // no video is opened any more
}

// names are the identifiers of the two outgoing streams; the legs share none.
type names struct {
	accessSSRC, coreSSRC   uint32
	accessCNAME, coreCNAME string
}

// negotiated is what signalling said so far.
type negotiated struct {
	access, core          bridge.Side
	accessDir, coreDir    Direction
	localHold, remoteHold bool
	haveAccess, haveCore  bool
	video                 videoPlan
}

func newNames() names {
	n := names{accessSSRC: rand.Uint32(), coreSSRC: rand.Uint32(), accessCNAME: newCNAME(), coreCNAME: newCNAME()}
	for n.accessSSRC == n.coreSSRC {
		n.coreSSRC = rand.Uint32()
	}
	return n
}

// newCNAME is a short-term CNAME of 96 random bits (RFC 7022 4.2).
func newCNAME() string {
	var b [12]byte
	_, _ = crand.Read(b[:]) // never fails
	return base64.RawStdEncoding.EncodeToString(b[:])
}

func newSession(g *Gateway, c SessionConfig) (*Session, error) {
	s := &Session{gateway: g, log: c.Log, names: newNames()}
	if s.log == nil {
		s.log = g.log
	}
	s.log = s.log.With("media", c.ID)
	s.events.notify = c.Notify
	leg, err := core.NewLeg((*coreSide)(s), g.ports, g.threads.Least(), udp.Options{DSCP: g.cfg.DSCP, Bypass: true},
		s.names.coreSSRC, s.names.coreCNAME, s.log)
	if err != nil {
		return nil, err
	}
	s.core = leg
	s.access = g.port.NewLeg((*accessSide)(s), s.names.accessSSRC, s.names.accessCNAME, accessInterval, s.log)
	if c.LateAccess {
		s.access.Defer()
	}
	s.bridge = bridge.New(bridge.Config{
		Registry: g.registry, Crew: g.crew, Pool: g.pool, ToCore: s.core, ToAccess: s.access,
		CoreSSRC: s.names.coreSSRC, AccessSSRC: s.names.accessSSRC,
		Digit:  func(digit rune, length time.Duration) { s.events.post(DTMF{Digit: digit, Duration: length}) },
		Unsent: func(digit rune, length time.Duration) { s.events.post(DTMFUnsent{Digit: digit, Duration: length}) },
		Fault:  s.fault, Stumble: s.stumble, Sound: g.cfg.InbandDTMF,
	})
	return s, nil
}

// accessSide and coreSide are the session as its legs see it.
type (
	accessSide Session
	coreSide   Session
)

// AccessRTP implements access.Owner.
func (s *accessSide) AccessRTP(b []byte, h packet.RTP, now time.Time) {
	if v := s.video.Load(); v != nil && v.plane.Takes(h.PayloadType) {
		v.plane.FromAccess(b, h, now)
		return
	}
	s.bridge.FromAccess(b, h, now)
}

// AccessEvent implements access.Owner.
func (s *accessSide) AccessEvent(e access.Event) {
	switch e.Kind {
	case access.Connected:
		s.events.post(AccessConnected{})
	case access.Failed:
		s.events.post(AccessFailed{e.Reason})
	case access.Lost:
		s.events.post(AccessLost{e.Reason})
	case access.Restored:
		s.events.post(AccessRestored{})
		s.lookAgain()
	case access.PeerChanged:
		s.lookAgain()
		local, remote, _ := s.gateway.seen(e.Line, e.Remote)
		s.events.post(AccessPeerChanged{Local: local, Remote: remote})
	}
}

// lookAgain notes that the browser may have missed something of the picture.
func (s *accessSide) lookAgain() {
	if v := s.video.Load(); v != nil {
		v.again.Store(true)
	}
}

// CoreRTP implements core.Owner.
func (s *coreSide) CoreRTP(b []byte, h packet.RTP, now time.Time) {
	s.bridge.FromCore(b, h, now)
}

// CoreSilent implements core.Owner.
func (s *coreSide) CoreSilent(silent bool) {
	if silent {
		s.events.post(CoreLost{ReasonSilent})
	} else {
		s.events.post(CoreRestored{})
	}
}

// CoreModeRequest implements core.Owner.
func (s *coreSide) CoreModeRequest(mode int) { s.bridge.RequestMode(mode) }

// CoreFault implements core.Owner.
func (s *coreSide) CoreFault() { s.access.Fault() }

// fault ends the session's media after a panic.
func (s *Session) fault(r any) {
	s.log.Error("media session ended by a fault", "fault", fmt.Sprint(r), "stack", string(debug.Stack()))
	s.access.Fault()
}

// stumble tells of a conversion that panicked.
func (s *Session) stumble(what any, last bool) {
	text := "media conversion begins anew after a fault"
	if last {
		text = "media conversion given up after repeated faults: one direction of the call is silent"
	}
	s.log.Error(text, "fault", fmt.Sprint(what), "stack", string(debug.Stack()))
}

// AccessLocal returns what our description for the browser must hold. After an
// ICE restart by SetAccess it has new credentials.
func (s *Session) AccessLocal() AccessLocal {
	c := s.access.Local()
	return AccessLocal{
		UFrag: c.UFrag, Pwd: c.Pwd, Fingerprint: s.gateway.Fingerprint(), Candidates: s.gateway.known(),
		SSRC: s.names.accessSSRC, CNAME: s.names.accessCNAME, Lite: s.gateway.cfg.ICE.Mode == "lite",
	}
}

// CoreLocal returns what our description for the core must hold.
func (s *Session) CoreLocal() CoreLocal {
	rtp, rtcp := s.core.Local()
	return CoreLocal{RTP: rtp, RTCP: rtcp, SSRC: s.names.coreSSRC, CNAME: s.names.coreCNAME}
}

// SetAccess takes the browser's description. The first call lets ICE and DTLS
// run. Later ones: new UFrag and Pwd are an ICE restart, which keeps the old pair
// until another is nominated; codecs and direction swap the route. An error
// leaves everything as it was.
func (s *Session) SetAccess(r AccessRemote) error {
	side, err := side(r.Codecs, r.DTMF)
	if err != nil {
		return fmt.Errorf("access description: %w", err)
	}
	if r.Setup != "active" && r.Setup != "passive" {
		return fmt.Errorf("access description: setup %q is not what was finally agreed, active or passive", r.Setup)
	}
	peer, direction, err := s.check(r.Video, slices.Concat(r.Codecs, r.DTMF))
	if err != nil {
		return fmt.Errorf("access description: video: %w", err)
	}
	err = s.access.SetRemote(access.Remote{
		UFrag: r.UFrag, Pwd: r.Pwd, Fingerprints: r.Fingerprints, Client: r.Setup == "passive",
		Clocks: packet.NewClocks(r.Codecs), Video: packet.NewClocks(peer.Codecs), Repair: repairs(peer),
		Lite: r.Lite, Answer: r.Answer, Candidates: checked(r.Candidates),
	}, time.Now())
	if err != nil {
		return fmt.Errorf("access description: %w", err)
	}
	s.change(func(p *negotiated) {
		p.access, p.accessDir, p.haveAccess = side, r.Direction, true
		p.video.access, p.video.accessDir = peer, direction
	})
	return nil
}

// ExpectAccess tells that the browser has our description now (SessionConfig.LateAccess).
func (s *Session) ExpectAccess() { s.access.Expect(time.Now()) }

// SetCore takes the far end's description, as often as it changes. The route is
// swapped at once; sequence numbers and timestamps go on. An error leaves
// everything as it was.
func (s *Session) SetCore(r CoreRemote) error {
	side, err := side(r.Codecs, r.DTMF)
	if err == nil {
		err = s.gateway.cfg.reachable(r.RTP, r.RTCP)
	}
	if err != nil {
		return fmt.Errorf("core description: %w", err)
	}
	peer, direction, err := s.check(r.Video, nil)
	if err == nil && r.Video != nil {
		err = s.gateway.cfg.reachable(r.Video.RTP, r.Video.RTCP)
	}
	if err != nil {
		return fmt.Errorf("core description: video: %w", err)
	}
	s.setCoreVideo(r.Video)
	another := false
	s.change(func(p *negotiated) {
		another = r.Video != nil && p.video.to != r.Video.RTP
		p.core, p.coreDir, p.haveCore = side, r.Direction, true
		p.video.core, p.video.coreDir = peer, direction
		if another {
			p.video.to = r.Video.RTP
		}
	})
	if another {
		s.video.Load().plane.FarChanged(time.Now())
		(*accessSide)(s).lookAgain()
	}
	s.core.SetRemote(core.Remote{
		RTP: r.RTP, RTCP: r.RTCP, Clocks: packet.NewClocks(r.Codecs, r.DTMF), Interval: reportInterval(r),
	})
	return nil
}

// AddCandidates takes trickled candidates (RFC 8838). An ICE-lite gateway waits
// for checks and never sends to a candidate, so it drops them.
func (s *Session) AddCandidates(list []Candidate) {
	s.access.AddCandidates(checked(list))
	s.log.Debug("access candidates", "count", len(list))
}

// SetHold closes the directions a held call has closed and chooses the timeout
// that applies: local is our user's hold, both ways silent; remote the far end's,
// which may still send music.
func (s *Session) SetHold(local, remote bool) {
	s.change(func(p *negotiated) { p.localHold, p.remoteHold = local, remote })
}

// change edits what was negotiated and swaps the route.
func (s *Session) change(edit func(*negotiated)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(&s.plan)
	p := &s.plan
	gates := bridge.Gates{
		Up:   p.haveAccess && p.haveCore && p.accessDir.receives() && p.coreDir.sends() && !p.localHold && !p.remoteHold,
		Down: p.haveAccess && p.haveCore && p.coreDir.receives() && p.accessDir.sends() && !p.localHold,
	}
	s.bridge.Set(p.access, p.core, gates)
	s.routeVideo(p, time.Now())
	s.log.Debug("media route", "route", s.bridge.String())
}

// held reports whether the far end may rightly be silent.
func (s *Session) held() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.plan.localHold || s.plan.remoteHold || !s.plan.coreDir.receives()
}

// SendDTMF queues digits (0-9, A-D, *, #, comma for two seconds' pause) as
// RFC 4733 events on the core leg, or as sound where it speaks G.711 and took none. Zero duration and gap mean 100 and 70 ms.
// Errors: bridge's ErrNoEvents, ErrHeld, ErrDigits, ErrDuration, ErrQueueFull,
// exported here.
func (s *Session) SendDTMF(digits string, duration, gap time.Duration) error {
	return s.bridge.SendDTMF(digits, duration, gap)
}

// Errors of SendDTMF.
var (
	ErrNoEvents  = bridge.ErrNoEvents
	ErrHeld      = bridge.ErrHeld
	ErrDigits    = bridge.ErrDigits
	ErrDuration  = bridge.ErrDuration
	ErrQueueFull = bridge.ErrQueueFull
)

// AccessPeer is the nominated pair as the network sees it, for policy (through the built-in relay the browser's connection to that): local is
// the address it was told of the one in use.
func (s *Session) AccessPeer() (local, remote netip.AddrPort, ok bool) {
	remote, line, ok := s.access.Peer()
	local, remote, _ = s.gateway.seen(line, remote)
	return local, remote, ok
}

// AccessTCP reports whether the browser's media runs over TCP now, for policy.
func (s *Session) AccessTCP() bool {
	remote, line, ok := s.access.Peer()
	_, _, tcp := s.gateway.seen(line, remote)
	return ok && tcp
}

// tick does what is due by time. A panic ends this session only.
func (s *Session) tick(now time.Time) {
	defer func() {
		if r := recover(); r != nil {
			s.fault(r)
		}
	}()
	limit := s.gateway.cfg.MediaTimeout
	if s.held() {
		limit = s.gateway.cfg.HoldTimeout
	}
	s.access.Tick(now)
	s.core.Tick(now, limit)
	s.bridge.Tick(now)
	s.tickVideo(now)
	if s.access.Due(now) {
		sound, _ := s.captured(toAccess, now)
		s.access.Report(s.bridge.ToAccess().Info(sound, now), now)
	}
	if s.core.Due(now) {
		sound, _ := s.captured(toCore, now)
		s.core.Report(s.bridge.ToCore().Info(sound, now), now)
	}
	if s.quality.due(now) {
		a, c := s.access.Stats(), s.core.Stats()
		up, down := s.bridge.Stats()
		accessCodec, coreCodec := s.codecs(down, up)
		s.quality.update(a.Quality, c.Quality, accessCodec, coreCodec, s.gateway.quality)
		s.bridge.ExpectLoss(int(a.RemoteFraction * 100))
		s.bridge.Adapt(bridge.FarLoss{Fraction: c.RemoteFraction, Reports: c.RemoteReports})
		s.noteVideo()
	}
}

// Close ends the call's media and waits until nothing of it runs; its core ports
// go to quarantine. No Notify comes after it. Safe to call twice.
func (s *Session) Close() {
	s.once.Do(func() {
		s.gateway.forget(s)
		s.bridge.Close()
		s.closeVideo()
		s.access.Close()
		s.core.Close()
		s.events.close()
	})
}
