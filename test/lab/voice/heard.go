package voice

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"causeway/test/lab/codec"
	"causeway/test/lab/rtp"
)

// Audio is what a call's stream has seen.
type Audio struct {
	Sent           int           `json:"sent"`     // packets
	Received       int           `json:"received"` // packets
	Lost           int           `json:"lost"`     // packets
	JitterMS       float64       `json:"jitterMs"`
	Early          int           `json:"early"`  // packets before there was an answer
	OnHold         int           `json:"onHold"` // audio packets while we do not receive
	Digits         string        `json:"digits"` // received
	DigitLengthsMS []int64       `json:"digitLengthsMs"`
	Sound          codec.Sound   `json:"sound"`
	Modes          map[uint8]int `json:"modes,omitempty"` // AMR frame types received
	ModeRequest    int           `json:"modeRequest"`     // last CMR received, -1 = none
	IdleMS         int64         `json:"idleMs"`          // since the last packet, -1 = none yet
}

// RTCP is what the far side's reports said.
type RTCP struct {
	Reports  int    `json:"reports"`
	CNAME    string `json:"cname,omitempty"`
	Sender   bool   `json:"sender"` // the last one was an SR
	Packets  uint32 `json:"packets"`
	LostHere uint32 `json:"lost"` // of ours, as the far side counts
	Bye      bool   `json:"bye"`
}

// Heard tells what the stream has seen so far; the faults are counts by kind.
func (s *Stream) Heard() (Audio, RTCP, map[string]int) {
	now := time.Now()
	sound := s.listen(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	in := &s.in
	audio := Audio{Sent: int(s.out.packets), Received: in.seq.received, Lost: in.seq.lost(), Early: in.early, OnHold: in.onHold,
		Digits: string(in.digits.text), DigitLengthsMS: []int64{}, Sound: sound, Modes: maps.Clone(in.modes), ModeRequest: in.modeRequest, IdleMS: -1}
	for _, d := range in.digits.durations {
		audio.DigitLengthsMS = append(audio.DigitLengthsMS, d.Milliseconds())
	}
	if s.terms != nil {
		audio.JitterMS = math.Round(in.seq.jitter/float64(s.terms.Codec.Clock)*1e5) / 100
	}
	if !in.last.IsZero() {
		audio.IdleMS = now.Sub(in.last).Milliseconds()
	}
	control := RTCP{Reports: in.reports, CNAME: in.report.CNAME, Sender: in.report.Sender, Packets: in.report.Packets, Bye: in.report.Bye}
	for _, b := range in.report.Blocks {
		if b.SSRC == s.out.ssrc {
			control.LostHere = b.Lost
		}
	}
	return audio, control, maps.Clone(in.faults)
}

// Dial queues digits.
func (s *Stream) Dial(digits string) error {
	digits = strings.ToUpper(digits)
	for i := range len(digits) {
		if _, ok := rtp.EventCode(digits[i]); !ok {
			return fmt.Errorf("no such digit: %q", digits[i])
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terms == nil || s.terms.Events.Name == "" {
		return errors.New("no telephone-event was negotiated")
	}
	s.out.dtmf.digits = append(s.out.dtmf.digits, digits...)
	return nil
}

// Play changes what the stream sends: a kind of Say, and the pitch of a tone
// (0 keeps the one there is).
func (s *Stream) Play(kind string, hz float64) error {
	next, err := newSource(Say{Kind: kind, ToneHz: hz})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.out.source
	old.close()
	next.dtx, next.tick = old.dtx, old.tick
	if hz <= 0 {
		next.tone = old.tone
	}
	s.out.source = next
	return nil
}

// Request asks the far side for an AMR mode from now on (CMR).
func (s *Stream) Request(mode int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.ask = mode
}

// InfoDigit notes a digit that came by SIP INFO.
func (s *Stream) InfoDigit(d string) {
	if len(d) != 1 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.in.digits.text = append(s.in.digits.text, d[0])
	s.in.digits.durations = append(s.in.digits.durations, 0)
}
