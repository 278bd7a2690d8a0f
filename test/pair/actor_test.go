package pair

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"causeway/media"
	"causeway/transcode"
)

// Lip sync: what was seen and heard at one time at the sender has one time at the receiver, who maps the RTP times of both streams by the
// gateway's reports (RFC 3550 6.4.1). The sender's picture leaves 70 to 90 ms later than its sound, as a camera's does, and both with
// jitter: arrival says nothing.
const (
	lipSync   = 20 * time.Millisecond
	sceneTime = 9 * time.Second
	strokes   = 6 // how often something is heard and seen at once
	frameRate = 15
)

// stroke is when the kth one is, counted from the beginning of the scene.
func stroke(k int) time.Duration { return 2*time.Second + time.Duration(k)*time.Second }

// stillness is how long the picture stands still before the kth: each has its own length, by which it is known.
func stillness(k int) time.Duration { return time.Duration(4+k) * time.Second / frameRate }

// actor is one end: what it sends, and what it got.
type actor struct {
	sound, picture media.Codec
	clock          time.Duration // its wall clock runs so much before ours
	packet, report func(video bool, b []byte) error

	mu  sync.Mutex // guards the following
	got []heardPacket
	srs []heardReport

	late time.Duration // how far what its own codec makes of its sound is behind the timestamps
}

type heardPacket struct {
	video bool
	rtp.Packet
}

type heardReport struct{ rtcp.SenderReport }

// cue is one datagram and when it leaves.
type cue struct {
	at     time.Duration
	send   func(now time.Time) error
	report bool
}

// take notes what came.
func (a *actor) take(b []byte, report bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !report {
		var p rtp.Packet
		if p.Unmarshal(b) == nil {
			a.got = append(a.got, heardPacket{p.PayloadType == a.picture.PayloadType, p})
		}
		return
	}
	list, err := rtcp.Unmarshal(b)
	if err != nil {
		return
	}
	for _, one := range list {
		if sr, ok := one.(*rtcp.SenderReport); ok {
			a.srs = append(a.srs, heardReport{SenderReport: *sr})
		}
	}
}

// blocks are what a report says of the stream that comes here: the loss is the time in the scene, by which the gateway's figures tell which
// report it has heard.
func (a *actor) blocks(video bool, at time.Duration) []rtcp.ReceptionReport {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.got {
		if p.video == video {
			return []rtcp.ReceptionReport{{SSRC: p.SSRC, TotalLost: uint32(at / time.Millisecond)}}
		}
	}
	return nil
}

// reports are the gateway's of one stream that were made when it knew the clocks: before that it goes by the arrival of sound and picture.
func (a *actor) reports(video bool, known time.Time) (list []heardReport) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, sr := range a.srs {
		for _, p := range a.got {
			if p.SSRC == sr.SSRC {
				if p.video == video && fromNTP(sr.NTPTime).After(known) {
					list = append(list, sr)
				}
				break
			}
		}
	}
	return list
}

// script is all that an actor sends.
func (a *actor) script(t *testing.T, r *transcode.Registry) (cues []cue) {
	random := rand.New(rand.NewPCG(1, uint64(a.sound.PayloadType)))
	base := [2]uint32{random.Uint32(), random.Uint32()}
	add := func(video bool, seq uint16, ts time.Duration, marker bool, payload []byte, at time.Duration) {
		p := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: seq, Marker: marker}, Payload: payload}
		p.PayloadType, p.SSRC, p.Timestamp = a.sound.PayloadType, 0x50, base[0]+rtpTime(ts, a.sound.ClockRate)
		if video {
			p.PayloadType, p.SSRC, p.Timestamp = a.picture.PayloadType, 0x51, base[1]+rtpTime(ts, 90000)
		}
		cues = append(cues, cue{at: at, send: func(time.Time) error {
			b, err := p.Marshal()
			if err != nil {
				return err
			}
			return a.packet(video, append(make([]byte, 0, 2048), b...))
		}})
	}
	last, track := time.Duration(0), soundtrack(t, r, a.sound)
	a.late = lateness(t, r, a.sound, track)
	for i, payload := range track {
		at := time.Duration(i) * 20 * time.Millisecond
		last = max(last, at+20*time.Millisecond+rand.N(60*time.Millisecond))
		add(false, uint16(i), at, false, payload, last)
	}
	seq := uint16(random.Uint32())
	for _, f := range film(t, a.picture.Name) {
		sent := f.at + 90*time.Millisecond + rand.N(20*time.Millisecond)
		for i, payload := range f.payloads {
			add(true, seq, f.at, i == len(f.payloads)-1, payload, sent)
			seq++
		}
	}
	for at := 300 * time.Millisecond; at < sceneTime; at += 400 * time.Millisecond {
		for i, video := range []bool{false, true} {
			clock := a.sound.ClockRate
			if video {
				clock = 90000
			}
			at := at + time.Duration(i)*170*time.Millisecond
			cues = append(cues, cue{at: at, report: true, send: func(now time.Time) error {
				b, err := rtcp.Marshal([]rtcp.Packet{
					&rtcp.SenderReport{SSRC: 0x50 + uint32(i), NTPTime: ntp(now.Add(a.clock)), RTPTime: base[i] + rtpTime(at, clock), PacketCount: 1, Reports: a.blocks(video, at)},
					&rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{Source: 0x50 + uint32(i), Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: "one"}}}}},
				})
				if err != nil {
					return err
				}
				return a.report(video, b)
			}})
		}
	}
	slices.SortStableFunc(cues, func(x, y cue) int { return cmp.Compare(x.at, y.at) })
	return cues
}

// play sends the script in time; reports carry the time that was meant, so that the sender's own delay is none of the gateway's.
func play(t *testing.T, cues []cue, begin time.Time) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for _, c := range cues {
		timer.Reset(time.Until(begin.Add(c.at)))
		<-timer.C
		if err := c.send(begin.Add(c.at)); err != nil {
			t.Error(err)
			return
		}
	}
}

func rtpTime(d time.Duration, clock int) uint32 {
	return uint32(int64(d) * int64(clock) / int64(time.Second))
}

func ntp(t time.Time) uint64 {
	return uint64(t.Unix()+2208988800)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

func fromNTP(n uint64) time.Time {
	return time.Unix(int64(n>>32)-2208988800, int64(n&0xffffffff)*int64(time.Second)>>32)
}

// instant is the wall clock time of an RTP time by one report.
func (r heardReport) instant(ts uint32, clock int) time.Time {
	return fromNTP(r.NTPTime).Add(time.Duration(int32(ts-r.RTPTime)) * time.Second / time.Duration(clock))
}

// judge compares when each stroke is heard and seen, by every report that the actor got, and returns what is wrong. A machine that is slow
// has the gateway make up sound, which moves a stroke or two against a report from before; what the reports themselves do wrong moves
// most of them.
func (a *actor) judge(t *testing.T, r *transcode.Registry, from *actor, begin, known time.Time) (wrong []string) {
	t.Helper()
	sounds, pictures := a.reports(false, known), a.reports(true, known)
	a.mu.Lock()
	defer a.mu.Unlock()
	heard, seen := a.onsets(t, r, begin), a.frames(begin)
	var skews []time.Duration
	sum := time.Duration(0)
	for k := range strokes {
		for _, x := range sounds {
			for _, y := range pictures {
				if heard[k] == 0 || seen[k] == 0 {
					continue
				}
				skew := x.instant(heard[k], a.sound.ClockRate).Sub(y.instant(seen[k], 90000)) - from.late
				skews = append(skews, skew.Abs())
				sum += skew
			}
		}
	}
	if len(skews) == 0 {
		return []string{fmt.Sprintf("nothing to compare: %d strokes heard, %d seen, %d and %d reports of %d", len(heard), len(seen), len(sounds), len(pictures), len(a.srs))}
	}
	slices.Sort(skews)
	most := skews[len(skews)*2/3]
	t.Logf("%s with %s: sound runs %v behind the picture, two thirds within %v, at worst %v (%d reports of sound, %d of the picture, %d strokes)",
		a.sound.Name, a.picture.Name, sum/time.Duration(len(skews)), most, skews[len(skews)-1], len(sounds), len(pictures), len(heard))
	if most > lipSync {
		wrong = append(wrong, fmt.Sprintf("%s with %s: sound and picture are %v apart", a.sound.Name, a.picture.Name, most))
	}
	if len(heard) < strokes-1 || len(seen) < strokes/2 { // a slow machine leaves converted pictures out
		wrong = append(wrong, fmt.Sprintf("%d strokes heard and %d seen of %d", len(heard), len(seen), strokes))
	}
	return wrong
}

// frames are the RTP times of the pictures that follow the stillnesses. A picture that a slow machine left out may look like one; it is
// not where a stroke is.
func (a *actor) frames(begin time.Time) map[int]uint32 {
	out := map[int]uint32{}
	last := uint32(0)
	for _, p := range a.got {
		if !p.video || p.Timestamp == last {
			continue
		}
		for k := range strokes {
			if want := rtpTime(stillness(k), 90000); p.Timestamp-last-want+50 >= 100 {
				continue
			}
			for _, sr := range a.srs {
				if off := sr.instant(p.Timestamp, 90000).Sub(begin.Add(stroke(k))); sr.SSRC == p.SSRC && off.Abs() < 250*time.Millisecond {
					out[k] = p.Timestamp
				}
			}
		}
		last = p.Timestamp
	}
	return out
}

// onsets are the RTP times at which the strokes are heard.
func (a *actor) onsets(t *testing.T, r *transcode.Registry, begin time.Time) map[int]uint32 {
	c, _ := r.Lookup(a.sound.Name)
	dec, err := c.NewDecoder(form(a.sound), 16000)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	out := map[int]uint32{}
	pcm, ear := make([]int16, 48000), ear{rest: dec.Rate() / 3}
	for _, p := range a.got {
		if p.video || p.PayloadType != a.sound.PayloadType {
			continue
		}
		n, err := dec.Decode(pcm, p.Payload)
		if err != nil {
			t.Fatal(err)
		}
		i, ok := ear.onset(pcm[:n])
		ts := p.Timestamp + uint32(i*a.sound.ClockRate/dec.Rate())
		for _, sr := range a.srs {
			if ok && sr.SSRC == p.SSRC {
				k := int(sr.instant(ts, a.sound.ClockRate).Sub(begin.Add(stroke(0)-400*time.Millisecond)) / time.Second)
				out[k] = ts
			}
		}
	}
	return out
}

// ear hears where sound begins after a rest, in samples.
type ear struct{ rest, quiet int }

func (e *ear) onset(pcm []int16) (at int, ok bool) {
	for i, v := range pcm {
		if e.quiet++; v > -3000 && v < 3000 {
			continue
		}
		if e.quiet > e.rest {
			at, ok = i, true
		}
		e.quiet = 0
	}
	return at, ok
}

// lateness is how far a codec's sound is behind its timestamps: its look-ahead, which is the sender's own and not the gateway's.
func lateness(t *testing.T, r *transcode.Registry, c media.Codec, payloads [][]byte) time.Duration {
	t.Helper()
	codec, _ := r.Lookup(c.Name)
	dec, err := codec.NewDecoder(form(c), 16000)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	pcm, ear, all := make([]int16, 48000), ear{rest: dec.Rate() / 3}, 0
	for _, payload := range payloads {
		n, err := dec.Decode(pcm, payload)
		if err != nil {
			t.Fatal(err)
		}
		if i, ok := ear.onset(pcm[:n]); ok {
			return time.Duration(all+i)*time.Second/time.Duration(dec.Rate()) - stroke(0)
		}
		all += n
	}
	t.Fatal("no stroke is heard at the sender")
	return 0
}

func form(c media.Codec) transcode.Format {
	return transcode.Format{Name: c.Name, ClockRate: c.ClockRate, Channels: c.Channels, FMTP: c.FMTP}
}

// soundtrack is silence with a short tone at each stroke, in packets of 20 ms.
func soundtrack(t *testing.T, r *transcode.Registry, c media.Codec) (payloads [][]byte) {
	codec, _ := r.Lookup(c.Name)
	enc, err := codec.NewEncoder(form(c), 16000)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	rate := enc.Rate()
	pcm := make([]int16, int(sceneTime.Seconds())*rate)
	for k := range strokes {
		first := int(stroke(k) * time.Duration(rate) / time.Second)
		for i := range rate / 5 {
			pcm[first+i] = int16(12000 * (1 - 2*(i*1600/rate%2)))
		}
	}
	room := make([]byte, transcode.MaxPayload)
	for size := enc.FrameSamples(); len(pcm) >= size; pcm = pcm[size:] {
		n, err := enc.Encode(room, pcm[:size])
		if err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, slices.Clone(room[:n]))
	}
	return payloads
}

// shot is one picture.
type shot struct {
	at       time.Duration
	payloads [][]byte
}

// moments are the times at which pictures are taken: regular but for the stillness before each stroke.
func moments() (list []time.Duration) {
	for at, k := time.Duration(0), 0; at < sceneTime-time.Second; at += time.Second / frameRate {
		if k < strokes && at > stroke(k)-stillness(k) {
			list[len(list)-1] = stroke(k) - stillness(k)
			at = stroke(k)
			k++
		}
		list = append(list, at)
	}
	return list
}
