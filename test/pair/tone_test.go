package pair

import (
	"math"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"causeway/media"
	"causeway/test/tone"
	"causeway/transcode"
	"causeway/transcode/amr"
	"causeway/transcode/g711"
	"causeway/transcode/jitter"
	"causeway/transcode/opus"
	"causeway/transcode/resample"
)

func registry() *transcode.Registry {
	var list []transcode.Codec
	list = append(list, opus.Codecs()...)
	list = append(list, amr.Codecs()...)
	list = append(list, g711.Codecs()...)
	return transcode.NewRegistry(list...).Plug(transcode.Parts{
		NewWindow:    func(d time.Duration) transcode.Window { return jitter.New(d) },
		NewResampler: resample.New,
	})
}

// end is one end's sound: it sends a tone and listens.
type end struct {
	format transcode.Format
	pt     uint8
	hz     float64
	write  func(*rtp.Packet) error
	in     chan *rtp.Packet
}

// play sends n packets of the tone, 20 ms each, in real time.
func (e end) play(t *testing.T, r *transcode.Registry, n int) {
	t.Helper()
	c, _ := r.Lookup(e.format.Name)
	enc, err := c.NewEncoder(e.format, 16000)
	if err != nil {
		t.Error(err)
		return
	}
	defer enc.Close()
	size := enc.FrameSamples()
	pcm := tone.Sine(enc.Rate(), e.hz, -15, time.Duration(n)*20*time.Millisecond)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	payload := make([]byte, transcode.MaxPayload)
	for i := range n {
		size, err := enc.Encode(payload, pcm[i*size:][:size])
		if err != nil {
			t.Error(err)
			return
		}
		p := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: e.pt, SequenceNumber: uint16(i),
			Timestamp: uint32(i * e.format.ClockRate / 50), SSRC: 77}, Payload: append([]byte(nil), payload[:size]...)}
		if err := e.write(p); err != nil {
			t.Error(err)
			return
		}
		<-tick.C
	}
}

// hear decodes what came and finds its frequency.
func (e end) hear(t *testing.T, r *transcode.Registry) (hz float64) {
	t.Helper()
	c, _ := r.Lookup(e.format.Name)
	dec, err := c.NewDecoder(e.format, 16000)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	var all []int16
	pcm := make([]int16, 48000)
	for len(e.in) > 0 {
		p := <-e.in
		if p.PayloadType != e.pt {
			t.Fatalf("payload type %d, want %d", p.PayloadType, e.pt)
		}
		n, err := dec.Decode(pcm, p.Payload)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pcm[:n]...)
	}
	if len(all) < dec.Rate()/4 {
		t.Fatalf("only %d samples", len(all))
	}
	hz, _ = tone.Strongest(all[len(all)/4:], dec.Rate())
	return hz
}

func TestTranscodedTone(t *testing.T) {
	r := registry()
	op := media.Codec{Name: "opus", ClockRate: 48000, Channels: 2, PayloadType: 111, FMTP: "minptime=10;useinbandfec=1"}
	wb := media.Codec{Name: "AMR-WB", ClockRate: 16000, PayloadType: 98, FMTP: "mode-change-capability=2"}
	for _, core := range []media.Codec{wb, pcmu(0)} {
		t.Run(core.Name, func(t *testing.T) {
			form := func(c media.Codec) transcode.Format {
				return transcode.Format{Name: c.Name, ClockRate: c.ClockRate, Channels: c.Channels, FMTP: c.FMTP}
			}
			if !r.CanTranscode(form(op), form(core)) {
				t.Skipf("this build has no %s or no %s", op.Name, core.Name)
			}
			p := start(t, Config(), media.Deps{Registry: r})
			for again := range 10 { // while a machine stands still, the gateway's sound is made up
				c := dial(t, p, Setup{Browser: BrowserOptions{Codecs: []media.Codec{op}}, Core: []media.Codec{core}})
				to := c.Session.CoreLocal().RTP
				browser := end{form(op), 111, 700, c.Browser.Track.WriteRTP, c.Browser.In}
				far := end{form(core), core.PayloadType, 1100, func(p *rtp.Packet) error { return c.Far.Send(p, to) }, c.Far.In}
				up, down, still := browser.speak(t, r, far)
				if st := c.Session.Stats(); !st.Transcoding() || st.Access.Codec != "opus" || st.Core.Codec != core.Name {
					t.Errorf("%+v", st)
				}
				if math.Abs(up-700) < 15 && math.Abs(down-1100) < 15 {
					return
				}
				if still < 250*time.Millisecond || again == 9 {
					t.Fatalf("heard %.0f Hz in the core and %.0f Hz in the browser (the machine stood still for %v at most)", up, down, still)
				}
				t.Logf("once more, as the machine stood still for %v: %.0f Hz and %.0f Hz", still, up, down)
			}
		})
	}
}

// speak has both play at once, and returns what the other heard of e, what e heard, and for how long at most the machine let nothing run.
func (e end) speak(t *testing.T, r *transcode.Registry, other end) (theirs, mine float64, still time.Duration) {
	t.Helper()
	over := make(chan struct{})
	var playing, watch sync.WaitGroup
	watch.Go(func() { still = stands(over) })
	playing.Go(func() { e.play(t, r, 60) })
	playing.Go(func() { other.play(t, r, 60) })
	playing.Wait()
	eventually(t, func() bool { return len(e.in) >= 40 && len(other.in) >= 40 }) // what was converted last comes later
	close(over)
	watch.Wait()
	return other.hear(t, r), e.hear(t, r), still
}

// TestMixedRoute sends Opus up through the transcoder and takes PCMU down as it is.
func TestMixedRoute(t *testing.T) {
	r := registry()
	op := media.Codec{Name: "opus", ClockRate: 48000, Channels: 2, PayloadType: 111}
	if _, ok := r.Lookup("opus"); !ok {
		t.Skip("this build has no Opus")
	}
	p := start(t, Config(), media.Deps{Registry: r})
	c := dial(t, p, Setup{Browser: BrowserOptions{Codecs: []media.Codec{op, pcmu(0)}}, Core: []media.Codec{pcmu(0)}})
	c.down(t, 1)
	if got := next(t, c.Browser.In); got.PayloadType != 0 {
		t.Fatalf("browser got payload type %d", got.PayloadType)
	}
	to := transcode.Format{Name: "opus", ClockRate: 48000, Channels: 2}
	end{to, 111, 700, c.Browser.Track.WriteRTP, nil}.play(t, r, 20)
	if got := next(t, c.Far.In); got.PayloadType != 0 {
		t.Fatalf("far end got payload type %d", got.PayloadType)
	}
	if st := c.Session.Stats(); st.TranscodeUp == "" || st.TranscodeDown != "" || st.Access.Codec != "PCMU" {
		t.Fatalf("%+v", st)
	}
}

// TestNothingLeft makes and ends calls and looks for goroutines, descriptors and
// ports that stay.
func TestNothingLeft(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	cert, far := certificate(t), quietFar(t)
	round := func(n int) {
		for range n {
			c := newLightCall(t, p, far, cert, 7)
			c.session.Close()
			c.light.Close()
		}
	}
	round(2)
	routines, files := runtime.NumGoroutine(), descriptors(t)
	round(20)
	eventually(t, func() bool { return runtime.NumGoroutine() <= routines })
	eventually(t, func() bool { return descriptors(t) <= files })
	if st := p.Gateway.Stats(); st.Sessions != 0 || st.Ports.InUse != 0 {
		t.Errorf("%+v", st)
	}
}
