//go:build cgo

package opus

import (
	"fmt"
	"testing"
	"time"

	"causeway/transcode"
	"causeway/transcode/codectest"
)

func format(ptime time.Duration, fmtp string) transcode.Format {
	return transcode.Format{Name: "opus", ClockRate: 48000, Channels: 2, FMTP: fmtp, PTime: ptime}
}

func TestSuite(t *testing.T) {
	for _, s := range []codectest.Subject{
		{Format: format(0, ""), Rate: 8000},
		{Format: format(0, "useinbandfec=1;minptime=10"), Rate: 16000, Tones: []float64{440, 1000, 3000}},
		{Format: format(60*time.Millisecond, "maxplaybackrate=16000;stereo=0;maxaveragebitrate=32000"), Rate: 16000},
		{Format: format(40*time.Millisecond, ""), Rate: 48000},
		{Format: format(10*time.Millisecond, "cbr=1"), Rate: 24000},
	} {
		s.Codec = Codecs()[0]
		s.ToneTolerance = 0.5
		t.Run(fmt.Sprintf("%d/%v", s.Rate, s.Format.PTime), func(t *testing.T) { codectest.Run(t, s) })
	}
}

// TestRecover: the redundancy of the packet after a lost one gives back what was lost, far better
// than extrapolation does.
func TestRecover(t *testing.T) {
	const rate = 16000
	c := Codecs()[0]
	enc, err := c.NewEncoder(format(0, "useinbandfec=1"), rate)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	enc.(transcode.LossTuner).ExpectLoss(20)
	decode := func() transcode.Decoder {
		d, err := c.NewDecoder(format(0, ""), rate)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Close)
		return d
	}
	clean, fec, plc := decode(), decode(), decode()
	var heard, withFEC, withPLC []int16
	pcm, out := codectest.Speech(rate, 6*rate), make([]int16, 5760)
	recovered, missing := 0, false
	for i := 0; len(pcm) >= 320; i, pcm = i+1, pcm[320:] {
		payload := make([]byte, 1500)
		n, err := enc.Encode(payload, pcm[:320])
		if err != nil {
			t.Fatal(err)
		}
		payload = payload[:n]
		m, _ := clean.Decode(out, payload)
		heard = append(heard, out[:m]...)
		if i%5 == 3 {
			missing = true
			continue
		}
		if missing {
			m, err := fec.(transcode.Recoverer).Recover(out, payload, 320)
			if err != nil {
				t.Fatal(err)
			}
			if m == 320 {
				recovered++
			} else {
				m, _ = fec.Conceal(out, 320)
			}
			withFEC = append(withFEC, out[:m]...)
			m, _ = plc.Conceal(out, 320)
			withPLC = append(withPLC, out[:m]...)
			missing = false
		}
		m, _ = fec.Decode(out, payload)
		withFEC = append(withFEC, out[:m]...)
		m, _ = plc.Decode(out, payload)
		withPLC = append(withPLC, out[:m]...)
	}
	if recovered < 20 {
		t.Fatalf("%d of 60 lost packets recovered", recovered)
	}
	want := codectest.Bands(heard, rate, 4000)
	a, b := codectest.Correlation(want, codectest.Bands(withFEC, rate, 4000)), codectest.Correlation(want, codectest.Bands(withPLC, rate, 4000))
	if a < 0.9 || a <= b {
		t.Errorf("band correlation %.3f with redundancy, %.3f without", a, b)
	}
	if n, err := fec.(transcode.Recoverer).Recover(out, []byte{0x98, 0x40, 1, 2}, 320); n != 0 || err != nil {
		t.Errorf("a CELT packet recovered %d samples, %v", n, err)
	}
}

// TestPaused: an empty DTX packet says that silence follows, a normal one that it does not.
func TestPaused(t *testing.T) {
	d, err := Codecs()[0].NewDecoder(format(0, ""), 16000)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	out := make([]int16, 5760)
	if _, err := d.Decode(out, []byte{0x48}); err != nil || !d.(transcode.Pauser).Paused() {
		t.Errorf("DTX packet: %v, paused %v", err, d.(transcode.Pauser).Paused())
	}
	d.(interface{ Reset() }).Reset()
	if d.(transcode.Pauser).Paused() {
		t.Error("paused after Reset")
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range [][]byte{{}, {0x48}, {0x0B, 0x41, 255, 5, 0}, {0x81, 1, 2, 3, 4}, {0x4C, 0x10, 9, 9, 9}} {
		f.Add(seed)
	}
	d, err := Codecs()[0].NewDecoder(format(0, ""), 16000)
	if err != nil {
		f.Fatal(err)
	}
	out := make([]int16, 1920)
	f.Fuzz(func(t *testing.T, payload []byte) {
		info, bad := Check(payload)
		n, err := d.Decode(out, payload)
		// What Check accepts the library decodes, and to the duration Check says.
		if bad == nil && (err != nil || n != int(info.Duration.Microseconds()*16/1000)) {
			t.Fatalf("%+v, but %d samples, %v", info, n, err)
		}
		if bad != nil && n != 0 {
			t.Fatalf("refused (%v), yet %d samples", bad, n)
		}
		if _, err := d.(transcode.Recoverer).Recover(out, payload, 320); err != nil && bad == nil {
			t.Fatalf("recover: %v", err)
		}
	})
}

func BenchmarkOpus(b *testing.B) {
	for _, rate := range []int{8000, 16000, 48000} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			codectest.Benchmark(b, codectest.Subject{Codec: Codecs()[0], Format: format(0, ""), Rate: rate})
		})
	}
	for _, loss := range []int{0, 5} {
		config := DefaultConfig()
		config.ExpectedLoss = loss
		codecs, err := CodecsWith(config)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("16000-loss%d", loss), func(b *testing.B) {
			codectest.Benchmark(b, codectest.Subject{Codec: codecs[0], Format: format(0, ""), Rate: 16000})
		})
	}
}

// TestRedundancyFollowsTheReports: at the rates of the defaults there is redundancy as soon as the receiver reports loss worth it, and none
// before; libopus left to itself sends none at 24 kbit/s for 5 %.
func TestRedundancyFollowsTheReports(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for loss, want := range map[int]bool{0: false, 1: false, 2: true, 5: true, 20: true} {
			enc, err := Codecs()[0].NewEncoder(format(0, "useinbandfec=1"), rate)
			if err != nil {
				t.Fatal(err)
			}
			enc.(transcode.LossTuner).ExpectLoss(loss)
			payload, redundant, size := make([]byte, 1500), 0, enc.FrameSamples()
			for pcm := codectest.Speech(rate, 3*rate); len(pcm) >= size; pcm = pcm[size:] {
				n, err := enc.Encode(payload, pcm[:size])
				if err != nil {
					t.Fatal(err)
				}
				if info, err := Check(payload[:n]); err != nil || info.Redundant {
					redundant++
				}
			}
			enc.Close()
			if want != (redundant > 50) || !want && redundant > 0 {
				t.Errorf("%d Hz, %d %% loss: %d of 150 packets have redundancy", rate, loss, redundant)
			}
		}
	}
}
