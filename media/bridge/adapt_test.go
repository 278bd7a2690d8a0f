package bridge

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"causeway/media/packet"
	"causeway/transcode"
	"causeway/transcode/amr"
	"causeway/transcode/g711"
	"causeway/transcode/jitter"
	"causeway/transcode/resample"
)

// TestRatchet: down at once, by two in a burst; up after a while; slower after a try that failed; never below the lowest or above the
// mode that was in use.
func TestRatchet(t *testing.T) {
	ladder := []int{0, 1, 2, 8}
	good := func(n int) []float64 { return slices.Repeat([]float64{0}, n) }
	for _, c := range []struct {
		name string
		mode int
		loss [][]float64
		want []int // the wishes told, in order
	}{
		{"none", 8, [][]float64{good(100)}, nil},
		{"between the limits", 8, [][]float64{slices.Repeat([]float64{0.02}, 100)}, nil},
		{"one step and back", 8, [][]float64{{0.05}, good(30)}, []int{2, -1}},
		{"a burst", 8, [][]float64{{0.2}, good(30)}, []int{1, 2, -1}},
		{"to the bottom", 8, [][]float64{slices.Repeat([]float64{0.05}, 30)}, []int{2, 1, 0}},
		{"a mode that is none of the ladder", 5, [][]float64{{0.05}, good(30)}, []int{2, -1}},
		{"the lowest already", 0, [][]float64{{0.5}, good(30)}, nil},
		{"a try that failed", 2, [][]float64{{0.05, 0.05, 0.05}, good(7), {0.05}, good(11), {0}}, []int{1, 0, 1, 0, 1}},
	} {
		r, got := newRatchet(), []int(nil)
		for _, loss := range slices.Concat(c.loss...) {
			if wish, changed := r.period(loss, c.mode, ladder); changed {
				got = append(got, wish)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// lossy is a call between a browser with PCMU and a handset with AMR-WB, in which the handset's packets are lost by a pattern.
type lossy struct {
	b       *Bridge
	out     recorder
	handset transcode.Encoder
	seq     uint16
	asked   []int
	sent    []int
}

func newLossy(t *testing.T, fmtp string, config amr.Config) *lossy {
	t.Helper()
	speech, err := amr.CodecsWith(config)
	if err != nil {
		t.Fatal(err)
	}
	if len(speech) == 0 {
		t.Skip("built without AMR-WB")
	}
	r := transcode.NewRegistry(append(speech, g711.Codecs()...)...).Plug(transcode.Parts{
		NewWindow: func(d time.Duration) transcode.Window { return jitter.New(d) }, NewResampler: resample.New,
	})
	wide := codec("AMR-WB", 98, 16000)
	wide.FMTP = fmtp
	l := &lossy{out: recorder{make(chan heardPacket, 10)}}
	l.b = New(Config{Registry: r, Crew: crew(t), Pool: packet.NewPool(), ToCore: l.out, ToAccess: &sink{}, CoreSSRC: 7, AccessSSRC: 8})
	l.b.Set(Side{Codecs: []packet.Codec{codec("PCMU", 0, 8000)}}, Side{Codecs: []packet.Codec{wide}}, Gates{true, true})
	c, _ := r.Lookup("AMR-WB")
	if l.handset, err = c.NewEncoder(format(wide), 16000); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.handset.Close)
	return l
}

// run lets both talk for so many periods of two seconds, one in every of the handset's packets lost; 0 for none. The handset obeys.
func (l *lossy) run(periods, every int, far func() FarLoss) {
	pcm, payload := make([]int16, 320), make([]byte, 1500)
	for range periods {
		for range 100 {
			for i := range pcm {
				pcm[i] = int16(8000 * ((i / 40) % 2))
			}
			n, _ := l.handset.Encode(payload, pcm)
			l.seq++
			if every == 0 || int(l.seq)%every != 0 {
				h := packet.RTP{PayloadType: 98, SSRC: 9, Sequence: l.seq, Timestamp: uint32(l.seq) * 320, Offset: packet.HeaderSize, End: packet.HeaderSize + n}
				b := append(make([]byte, packet.HeaderSize, 1600), payload[:n]...)
				l.b.FromCore(h.Put(b), h, time.Now())
			}
			buf, h := input160(1, l.seq, uint32(l.seq)*160)
			h.PayloadType = 0
			l.b.FromAccess(buf, h, time.Now())
			synctest.Wait()
			for len(l.out.ch) > 0 {
				l.hear(<-l.out.ch)
			}
			time.Sleep(20 * time.Millisecond)
		}
		l.b.Adapt(far())
	}
}

// hear reads the request and the mode of a bandwidth-efficient payload (RFC 4867 4.3).
func (l *lossy) hear(p heardPacket) {
	cmr, mode := int(p.payload[0]>>4), int(p.payload[0]&7)<<1|int(p.payload[1]>>7)
	if len(l.asked) == 0 || l.asked[len(l.asked)-1] != cmr {
		l.asked = append(l.asked, cmr)
	}
	if len(l.sent) == 0 || l.sent[len(l.sent)-1] != mode {
		l.sent = append(l.sent, mode)
	}
	l.handset.RequestMode(cmr)
}

func noReport() FarLoss { return FarLoss{} }

// TestLossIsAnsweredByARequest: when every twentieth packet of the handset is lost, ours ask it for a lower mode, lower still while that
// goes on, within the mode-set; and for more again when the path is good, until nothing is asked for.
func TestLossIsAnsweredByARequest(t *testing.T) {
	for _, c := range []struct {
		fmtp  string
		start int
		want  []int
	}{
		{"", 8, []int{15, 2, 1, 0, 1, 2, 15}},
		{"mode-set=0,2", 2, []int{15, 0, 15}},
		{"mode-set=2", 2, []int{15}},
		{"mode-change-neighbor=1;mode-set=0,1,2,5,8", 8, []int{15, 5, 2, 1, 0, 1, 2, 5, 15}},
	} {
		synctest.Test(t, func(t *testing.T) {
			config := amr.DefaultConfig()
			config.WideMode = c.start
			l := newLossy(t, c.fmtp, config)
			defer l.b.Close()
			l.run(2, 0, noReport)
			l.run(12, 20, noReport)
			l.run(40, 0, noReport)
			if !slices.Equal(l.asked, c.want) {
				t.Errorf("%q: requests %v, want %v", c.fmtp, l.asked, c.want)
			}
		})
	}
}

// TestNoRequestWhereNotWanted: an operator who turned adaptation off sees none.
func TestNoRequestWhereNotWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := amr.DefaultConfig()
		config.Adapt, config.WideMode = false, 8
		l := newLossy(t, "", config)
		defer l.b.Close()
		reports := uint64(0)
		l.run(6, 10, func() FarLoss { reports++; return FarLoss{Fraction: 0.2, Reports: reports} })
		if !slices.Equal(l.asked, []int{15}) || !slices.Equal(l.sent, []int{8}) {
			t.Errorf("requests %v, modes %v", l.asked, l.sent)
		}
	})
}

// TestReportedLossLowersOurMode: what the far end reports as lost lowers what we send, once for each report, below what it asked for, and
// never above that afterwards.
func TestReportedLossLowersOurMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := amr.DefaultConfig()
		config.WideMode = 8
		l := newLossy(t, "", config)
		defer l.b.Close()
		l.run(2, 0, noReport)
		l.run(3, 0, func() FarLoss { return FarLoss{Fraction: 0.05, Reports: 1} })
		if !slices.Equal(l.sent, []int{8, 2}) {
			t.Fatalf("modes %v after one report of loss", l.sent)
		}
		l.b.RequestMode(1)
		l.run(2, 0, func() FarLoss { return FarLoss{Fraction: 0.05, Reports: 1} })
		reports := uint64(1)
		l.run(20, 0, func() FarLoss { reports++; return FarLoss{Reports: reports} })
		if !slices.Equal(l.sent, []int{8, 2, 1}) || !slices.Equal(l.asked, []int{15}) {
			t.Errorf("modes %v, requests %v", l.sent, l.asked)
		}
	})
}
