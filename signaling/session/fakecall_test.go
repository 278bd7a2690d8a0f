package session

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"causeway/diameter/rx"
	"causeway/media"
	"causeway/signaling/b2bua"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/sip/pidf"
)

// fakeDialog records what the session tells SIP.
type fakeDialog struct {
	notify        func(ims.CallEvent)
	offer, target string
	mu            sync.Mutex
	said          []string
	sdp           string
	cause         call.Cause
	extras        ims.Extras
	position      *pidf.Position
	wish          *ims.Wish
}

func (d *fakeDialog) say(word string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said = append(d.said, word)
}

func (d *fakeDialog) heard() []string {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.said)
}

func (d *fakeDialog) ID() string { return "sip-call-id" }

func (d *fakeDialog) ICID() string { return "icid" }

func (d *fakeDialog) SetNotify(f func(ims.CallEvent)) { d.notify = f }

func (d *fakeDialog) Progress(string) { d.say("progress") }

func (d *fakeDialog) Ring(_ string, waiting bool) {
	if waiting {
		d.say("ring waiting")
		return
	}
	d.say("ring")
}

func (d *fakeDialog) Accept(_ string, e ims.Extras) error {
	d.mu.Lock()
	d.extras = e
	d.mu.Unlock()
	d.say("accept")
	return nil
}

func (d *fakeDialog) Hangup(c call.Cause) { d.cause = c; d.say("hangup") }

func (d *fakeDialog) Reoffer(sdp string) error { d.sdp = sdp; d.say("reoffer"); return nil }

func (d *fakeDialog) AnswerOffer(sdp string) { d.sdp = sdp; d.say("answer") }

func (d *fakeDialog) RejectOffer(int) { d.say("reject") }

func (d *fakeDialog) SendPictureFastUpdate() error {
	d.say("key frame")
	return nil
}

func (d *fakeDialog) SendInfoDTMF(r rune, _ time.Duration) error {
	d.say("info " + string(r))
	return nil
}

func (d *fakeDialog) Key() string { return fmt.Sprintf("%p", d) }

func (d *fakeDialog) Place(give func(ims.Place, bool)) { give(ims.Place{}, true) }

func (d *fakeDialog) Refer(p ims.ReferParams) error {
	if p.Target == "112" {
		return &call.Cause{Side: call.Gateway, Kind: call.Emergency}
	}
	if p.Place != nil {
		p.Target = "the other call"
	}
	d.say("refer to " + p.Target)
	return nil
}

func (d *fakeDialog) TakeRefer() { d.say("take refer") }

func (d *fakeDialog) RefuseRefer(status int) { d.say(fmt.Sprint("refuse refer ", status)) }

func (d *fakeDialog) ReportRefer(status int) { d.say(fmt.Sprint("report ", status)) }

// fakeMedia opens streams that record what they are told.
type fakeMedia struct {
	mu      sync.Mutex
	refuse  error
	streams []*fakeStream
}

func (m *fakeMedia) NewSession(c media.SessionConfig) (b2bua.Stream, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		return nil, m.refuse
	}
	s := &fakeStream{notify: c.Notify, late: c.LateAccess}
	m.streams = append(m.streams, s)
	return s, nil
}

func (m *fakeMedia) stream() *fakeStream {
	synctest.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.streams[len(m.streams)-1]
}

type fakeStream struct {
	packets atomic.Uint64 // from the browser

	notify func(media.Event)
	mu     sync.Mutex
	access []media.AccessRemote
	core   []media.CoreRemote
	hold   [2]bool
	digits string
	closed bool
	noDTMF bool

	late     bool // the page takes our description late
	expected int  // how often it was told that the page has it
}

func (s *fakeStream) AccessLocal() media.AccessLocal {
	return media.AccessLocal{UFrag: "abcd", Pwd: "0123456789012345678901", Lite: true, SSRC: 7, CNAME: "c",
		Fingerprint: media.Fingerprint{Hash: "sha-256", Value: "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99"},
		Candidates:  []media.Candidate{{Foundation: "1", Transport: "udp", Component: 1, Priority: 1, Address: netip.MustParseAddrPort("198.51.100.1:4478"), Type: "host"}}}
}

func (s *fakeStream) CoreLocal() media.CoreLocal {
	return media.CoreLocal{RTP: netip.MustParseAddrPort("198.51.100.2:20000"), RTCP: netip.MustParseAddrPort("198.51.100.2:20001")}
}

func (s *fakeStream) SetAccess(r media.AccessRemote) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access = append(s.access, r)
	return nil
}

func (s *fakeStream) SetCore(r media.CoreRemote) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.core = append(s.core, r)
	return nil
}

func (s *fakeStream) ExpectAccess() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expected++
}

func (s *fakeStream) OpenVideo() (media.VideoLocal, error) {
	at := netip.MustParseAddr("192.0.2.1")
	return media.VideoLocal{RTP: netip.AddrPortFrom(at, 40010), RTCP: netip.AddrPortFrom(at, 40011), AccessSSRC: 77, AccessRepair: 78}, nil
}

func (s *fakeStream) ShowPicture() {}

func (s *fakeStream) AddCandidates([]media.Candidate) {}

func (s *fakeStream) SetHold(local, remote bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = [2]bool{local, remote}
}

func (s *fakeStream) SendDTMF(digits string, _, _ time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noDTMF {
		return media.ErrNoEvents
	}
	s.digits += digits
	return nil
}

func (s *fakeStream) AccessPeer() (local, remote netip.AddrPort, ok bool) {
	return netip.MustParseAddrPort("198.51.100.1:4478"), netip.MustParseAddrPort("203.0.113.9:51000"), true
}

func (s *fakeStream) AccessTCP() bool { return false }

func (s *fakeStream) Stats() media.Stats {
	return media.Stats{Access: media.LegStats{PacketsReceived: s.packets.Load()}}
}

func (s *fakeStream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

func (s *fakeStream) view() (access []media.AccessRemote, core []media.CoreRemote, hold [2]bool, digits string, closed bool) {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.access, s.core, s.hold, s.digits, s.closed
}

// fakePolicy answers every question with one outcome.
type fakePolicy struct {
	mu         sync.Mutex
	outcome    rx.Outcome
	asked      int
	terminated int
	notify     func(rx.Event)
}

func (p *fakePolicy) Open(s rx.SessionParams) b2bua.Authorization {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notify = s.Notify
	return p
}

func (p *fakePolicy) Authorize(context.Context, rx.Service) (rx.Result, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	return rx.Result{Outcome: p.outcome, Text: "the subscription does not allow it"}, nil
}

func (p *fakePolicy) Terminate(rx.TerminationCause) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.terminated++
}

func (p *fakePolicy) counts() (asked, terminated int) {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked, p.terminated
}
