//go:build cgo

package amr_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	lab "causeway/test/lab/amr"
	"causeway/test/lab/codec"
	"causeway/transcode"
	"causeway/transcode/amr"
	"causeway/transcode/codectest"
)

// truthCase is one payload form and packing. The lab's payload code and its use of the libraries are a second, independent reading
// of RFC 4867: what both agree on, bit for bit, is not one author's mistake.
type truthCase struct {
	wide, aligned, dtx bool
	frames             int // per packet
}

func (c truthCase) String() string {
	form := map[bool]string{false: "BE", true: "OA"}[c.aligned]
	return fmt.Sprintf("%s/%s/dtx=%v/%d", c.band().Name(), form, c.dtx, c.frames)
}

func (c truthCase) band() amr.Band {
	if c.wide {
		return amr.Wide
	}
	return amr.Narrow
}

func (c truthCase) format() transcode.Format {
	f := transcode.Format{Name: c.band().Name(), ClockRate: c.band().Rate(), PTime: time.Duration(c.frames) * 20 * time.Millisecond}
	if c.aligned {
		f.FMTP = "octet-align=1"
	}
	return f
}

func (c truthCase) lab() lab.Form { return lab.Form{Wideband: c.wide, OctetAlign: c.aligned} }

func truthCases() []truthCase {
	var all []truthCase
	for _, wide := range []bool{false, true} {
		for _, aligned := range []bool{false, true} {
			for _, dtx := range []bool{false, true} {
				for _, frames := range []int{1, 2, 3, 4, 12} {
					all = append(all, truthCase{wide, aligned, dtx, frames})
				}
			}
		}
	}
	return all
}

// material is speech with a pause of noise in it, long enough for SID frames and NO_DATA.
func material(rate int) []int16 {
	return slices.Concat(codectest.Speech(rate, 2*rate), codectest.Noise(2*rate, 60, 5), codectest.Speech(rate, rate))
}

func truthCodec(t testing.TB, c truthCase) transcode.Codec {
	t.Helper()
	config := amr.DefaultConfig()
	config.DTX = c.dtx
	list, err := amr.CodecsWith(config)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(x transcode.Codec) bool { return x.Name() == c.band().Name() })
	return list[i]
}

// modeOf walks through all modes, a packet each, so that every change of mode happens.
func modeOf(packet, modes int) int { return packet * 5 % modes }

// TestPayloadsHoldTheLibrarysFrames: an independent unpacker finds in our payloads, of either form and any packing, exactly the
// frames that the codec library makes of the same sound in the same modes, with SID frames and nothing where nothing is due.
func TestPayloadsHoldTheLibrarysFrames(t *testing.T) {
	for _, c := range truthCases() {
		t.Run(c.String(), func(t *testing.T) {
			ours, err := truthCodec(t, c).NewEncoder(c.format(), 0)
			if err != nil {
				t.Fatal(err)
			}
			defer ours.Close()
			theirs, err := codec.NewEncoder(c.band().Name(), c.dtx)
			if err != nil {
				t.Fatal(err)
			}
			defer theirs.Close()
			payload, pcm, kinds := make([]byte, transcode.MaxPayload), material(c.band().Rate()), map[uint8]int{}
			size := ours.FrameSamples()
			for packet := 0; len(pcm) >= size; packet++ {
				mode := modeOf(packet, c.band().Modes())
				ours.RequestMode(mode)
				ours.(transcode.ModeAsker).AskMode(packet%(c.band().Modes()+1) - 1)
				n, err := ours.Encode(payload, pcm[:size])
				if err != nil {
					t.Fatal(err)
				}
				want := frames(t, c, theirs, mode, pcm[:size])
				pcm = pcm[size:]
				if n == 0 {
					for _, f := range want {
						if f.Type != lab.NoData {
							t.Fatalf("packet %d: nothing sent, but the library made a frame of type %d", packet, f.Type)
						}
					}
					kinds[lab.NoData]++
					continue
				}
				cmr, got, err := c.lab().Unpack(payload[:n])
				if err != nil {
					t.Fatalf("packet %d, %x: %v", packet, payload[:n], err)
				}
				if wish := packet%(c.band().Modes()+1) - 1; wish >= 0 && int(cmr) != wish || wish < 0 && cmr != lab.NoRequest {
					t.Fatalf("packet %d: CMR %d, want %d", packet, cmr, wish)
				}
				if len(got) != len(want) {
					t.Fatalf("packet %d: %d frames, want %d", packet, len(got), len(want))
				}
				for i := range got {
					kinds[got[i].Type]++
					if got[i].Type != want[i].Type || !got[i].Good || !bytes.Equal(got[i].Bits, want[i].Bits) {
						t.Fatalf("packet %d frame %d:\n got %+v\nwant %+v", packet, i, got[i], want[i])
					}
				}
			}
			for mode := range c.band().Modes() {
				if kinds[uint8(mode)] == 0 && c.frames < 12 {
					t.Errorf("mode %d never happened: %v", mode, kinds)
				}
			}
			if c.dtx && (kinds[c.lab().SID()] == 0 || kinds[lab.NoData] == 0) {
				t.Errorf("no pause happened: %v", kinds)
			}
		})
	}
}

// frames is what the library makes of the sound of one packet.
func frames(t *testing.T, c truthCase, enc codec.Encoder, mode int, pcm []int16) (out []lab.Frame) {
	t.Helper()
	enc.SetMode(mode)
	for step := c.band().Rate() / 50; len(pcm) > 0; pcm = pcm[step:] {
		stored, err := enc.Encode(slices.Clone(pcm[:step])) // the narrowband library writes to its input
		if err != nil {
			t.Fatal(err)
		}
		f, rest, err := c.lab().FromStorage(stored)
		if err != nil || len(rest) != 0 && f.Type != lab.NoData {
			t.Fatalf("%x: %v", stored, err)
		}
		out = append(out, f)
	}
	return out
}

// TestPayloadsAreHeardAsTheLibraryHearsThem: payloads that an independent packer made of the library's frames decode to the
// samples that the library alone makes of those frames.
func TestPayloadsAreHeardAsTheLibraryHearsThem(t *testing.T) {
	for _, c := range truthCases() {
		t.Run(c.String(), func(t *testing.T) {
			enc, err := codec.NewEncoder(c.band().Name(), c.dtx)
			if err != nil {
				t.Fatal(err)
			}
			defer enc.Close()
			dec, err := codec.NewDecoder(c.band().Name())
			if err != nil {
				t.Fatal(err)
			}
			defer dec.Close()
			ours, err := truthCodec(t, c).NewDecoder(c.format(), 0)
			if err != nil {
				t.Fatal(err)
			}
			defer ours.Close()
			pcm, out := material(c.band().Rate()), make([]int16, c.band().Rate()*240/1000)
			step := c.frames * c.band().Rate() / 50
			for packet := 0; len(pcm) >= step; packet++ {
				list := frames(t, c, enc, modeOf(packet, c.band().Modes()), pcm[:step])
				pcm = pcm[step:]
				var want []int16
				spoken := false
				for _, f := range list {
					heard, err := dec.Decode(f.Storage())
					if err != nil {
						t.Fatal(err)
					}
					want, spoken = append(want, heard...), spoken || f.Type != lab.NoData
				}
				payload, err := c.lab().Pack(lab.NoRequest, list)
				if err != nil {
					t.Fatal(err)
				}
				n, err := ours.Decode(out, payload)
				if err != nil {
					t.Fatalf("packet %d, %x: %v", packet, payload, err)
				}
				if n == 0 && !spoken { // nothing to hear in it: the pipeline asks for comfort noise itself
					for n < len(want) {
						if _, err := ours.(interface {
							Conceal([]int16, int) (int, error)
						}).Conceal(out[n:], step/c.frames); err != nil {
							t.Fatal(err)
						}
						n += step / c.frames
					}
				}
				if !slices.Equal(out[:n], want) {
					t.Fatalf("packet %d of %d frames: %d samples are not the library's %d", packet, len(list), n, len(want))
				}
			}
		})
	}
}

// TestModeRulesHoldOnTheWire: whatever modes are asked for and whenever, an independent unpacker sees only modes of the negotiated
// mode-set, changes only at the agreed period and, where asked, only to a neighbour (RFC 4867 8.1).
func TestModeRulesHoldOnTheWire(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 867))
	for round := range 60 {
		c := truthCase{wide: rng.IntN(2) == 1, aligned: rng.IntN(2) == 1, dtx: rng.IntN(3) == 0, frames: 1 + rng.IntN(4)}
		set, text := modeSet(rng, c.band().Modes())
		period, neighbor := 1+rng.IntN(2), rng.IntN(2)
		f := c.format()
		f.FMTP += fmt.Sprintf(";mode-set=%s;mode-change-period=%d;mode-change-neighbor=%d", text, period, neighbor)
		t.Run(fmt.Sprintf("%d/%v/%s", round, c, f.FMTP), func(t *testing.T) {
			enc, err := truthCodec(t, c).NewEncoder(f, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer enc.Close()
			payload, pcm, before, at := make([]byte, transcode.MaxPayload), codectest.Speech(c.band().Rate(), 3*c.band().Rate()), -1, 0
			for size := enc.FrameSamples(); len(pcm) >= size; pcm = pcm[size:] {
				enc.RequestMode(rng.IntN(16))
				n, err := enc.Encode(payload, pcm[:size])
				if err != nil {
					t.Fatal(err)
				}
				if n == 0 {
					before, at = -1, at+c.frames
					continue
				}
				_, list, err := c.lab().Unpack(payload[:n])
				if err != nil {
					t.Fatal(err)
				}
				for _, fr := range list {
					mode := int(fr.Type)
					if mode < c.band().Modes() {
						keeps(t, set, before, mode, at, period, neighbor == 1)
						before = mode
					} else {
						before = -1 // the mode walks on unseen in a pause
					}
					at++
				}
			}
		})
	}
}

// keeps judges one frame's mode.
func keeps(t *testing.T, set []int, before, mode, at, period int, neighbor bool) {
	t.Helper()
	place := slices.Index(set, mode)
	switch {
	case place < 0:
		t.Fatalf("frame %d: mode %d is not of %v", at, mode, set)
	case before < 0 || before == mode:
	case at%period != 0:
		t.Fatalf("frame %d: mode %d after %d, within the period", at, mode, before)
	case neighbor:
		if was := slices.Index(set, before); was-place != 1 && place-was != 1 {
			t.Fatalf("frame %d: mode %d after %d is no neighbour in %v", at, mode, before, set)
		}
	}
}

// modeSet draws a mode-set, in order, and its text, in any order.
func modeSet(rng *rand.Rand, modes int) (set []int, text string) {
	for m := range modes {
		if rng.IntN(2) == 0 {
			set = append(set, m)
		}
	}
	if len(set) == 0 {
		set = []int{rng.IntN(modes)}
	}
	for i, k := range rng.Perm(len(set)) {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprint(set[k])
	}
	return set, text
}
