package opus

import (
	"errors"
	"testing"
	"time"

	"causeway/transcode"
)

func octets(n int, head ...byte) []byte { return append(head, make([]byte, n)...) }

// TestCheck walks the packet codes and the rules of RFC 6716 3.2 and 3.4.
func TestCheck(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name   string
		packet []byte
		want   Info
		bad    bool
	}{
		{name: "empty (R1)", bad: true},
		{name: "code 0, SILK 20 ms, no frame", packet: octets(0, 0x08), want: Info{20 * ms, 1, true, false}},
		{name: "code 0, one octet", packet: octets(1, 0x48), want: Info{20 * ms, 1, true, false}},
		{name: "code 0, SILK wideband 60 ms", packet: octets(50, 0x58), want: Info{60 * ms, 1, false, false}},
		{name: "code 0, LBRR set after one VAD flag", packet: append([]byte{0x48, 0x40}, octets(20)...), want: Info{20 * ms, 1, false, true}},
		{name: "code 0, 60 ms: LBRR after three", packet: append([]byte{0x58, 0x10}, octets(20)...), want: Info{60 * ms, 1, false, true}},
		{name: "stereo: LBRR of the side channel", packet: append([]byte{0x4C, 0x10}, octets(20)...), want: Info{20 * ms, 1, false, true}},
		{name: "CELT has no LBRR", packet: append([]byte{0x98, 0x40}, octets(20)...), want: Info{20 * ms, 1, false, false}},
		{name: "code 0, 1275 octets", packet: octets(1275, 0x78), want: Info{20 * ms, 1, false, false}},
		{name: "code 0, 1276 octets (R2)", packet: octets(1276, 0x78), bad: true},
		{name: "code 1, CELT 2.5 ms", packet: octets(40, 0x81), want: Info{5 * ms, 2, false, false}},
		{name: "code 1, odd (R3)", packet: octets(41, 0x81), bad: true},
		{name: "code 2", packet: octets(30, 0x0A, 10), want: Info{40 * ms, 2, false, false}},
		{name: "code 2, long length", packet: octets(300, 0x0A, 252, 1), want: Info{40 * ms, 2, false, false}},
		{name: "code 2, too short for its length (R4)", packet: octets(5, 0x0A, 10), bad: true},
		{name: "code 2, no length (R4)", packet: octets(0, 0x0A), bad: true},
		{name: "code 2, half a length (R4)", packet: octets(0, 0x0A, 252), bad: true},
		{name: "code 3, three frames of one size", packet: octets(30, 0x0B, 3), want: Info{60 * ms, 3, false, false}},
		{name: "code 3, not divisible (R6)", packet: octets(31, 0x0B, 3), bad: true},
		{name: "code 3, no frames (R5)", packet: octets(30, 0x0B, 0), bad: true},
		{name: "code 3, no count (R6)", packet: octets(0, 0x0B), bad: true},
		{name: "code 3, 48 frames of 2.5 ms", packet: octets(48, 0x83, 48), want: Info{120 * ms, 48, true, false}},
		{name: "code 3, over 120 ms (R5)", packet: octets(49, 0x83, 49), bad: true},
		{name: "code 3, three of 60 ms (R5)", packet: octets(30, 0x1B, 3), bad: true},
		{name: "code 3, variable", packet: octets(25, 0x0B, 0x83, 5, 10), want: Info{60 * ms, 3, false, false}},
		{name: "code 3, variable, too short (R7)", packet: octets(14, 0x0B, 0x83, 5, 10), bad: true},
		{name: "code 3, one variable", packet: append([]byte{0x0B, 0x81, 0x40}, octets(9)...), want: Info{20 * ms, 1, false, true}},
		{name: "code 3, padding", packet: octets(20, 0x0B, 0x41, 10), want: Info{20 * ms, 1, false, false}},
		{name: "code 3, long padding", packet: octets(264, 0x0B, 0x41, 255, 5), want: Info{20 * ms, 1, false, false}},
		{name: "code 3, padding beyond the end (R6)", packet: octets(9, 0x0B, 0x41, 10), bad: true},
		{name: "code 3, padding without end", packet: []byte{0x0B, 0x41, 255, 255}, bad: true},
	} {
		got, err := Check(c.packet)
		if c.bad != (err != nil) || (err != nil && !errors.Is(err, transcode.ErrPayload)) {
			t.Errorf("%s: error %v", c.name, err)
		}
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestFrameDuration is table 2 of RFC 6716 3.1 in tenths of a millisecond.
func TestFrameDuration(t *testing.T) {
	want := [32]int{100, 200, 400, 600, 100, 200, 400, 600, 100, 200, 400, 600, 100, 200, 100, 200,
		25, 50, 100, 200, 25, 50, 100, 200, 25, 50, 100, 200, 25, 50, 100, 200}
	for config, tenths := range want {
		if got := frameDuration(byte(config)); got != time.Duration(tenths)*100*time.Microsecond {
			t.Errorf("configuration %d: %v", config, got)
		}
	}
}

func TestSettings(t *testing.T) {
	c := DefaultConfig()
	for _, x := range []struct {
		f    transcode.Format
		rate int
		want settings
		bad  bool
	}{
		{f: transcode.Format{ClockRate: 48000, Channels: 2}, rate: 16000,
			want: settings{rate: 16000, frame: 320, complexity: 5, bitrate: 24000, fec: true, playback: 48000}},
		{f: transcode.Format{ClockRate: 48000, PTime: 60 * time.Millisecond, FMTP: "minptime=10; UseInbandFEC=0;maxaveragebitrate=9000"}, rate: 8000,
			want: settings{rate: 8000, frame: 480, complexity: 5, bitrate: 9000, playback: 48000}},
		{f: transcode.Format{ClockRate: 48000, FMTP: "maxplaybackrate=16000;cbr=1;maxaveragebitrate=1"}, rate: 44100,
			want: settings{rate: 48000, frame: 960, complexity: 5, bitrate: 32000, fec: true, cbr: true, playback: 16000}},
		{f: transcode.Format{ClockRate: 16000}, bad: true},
		{f: transcode.Format{ClockRate: 48000, PTime: 50 * time.Millisecond}, rate: 8000,
			want: settings{rate: 8000, frame: 320, complexity: 5, bitrate: 18000, fec: true, playback: 48000}},
	} {
		got, err := c.settle(x.f, x.rate)
		if x.bad != (err != nil) || got != x.want {
			t.Errorf("%+v: %+v, %v", x.f, got, err)
		}
	}
}

func TestValidate(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	for _, change := range []func(*Config){
		func(c *Config) { c.Complexity = 11 },
		func(c *Config) { c.WidebandBitrate = 0 },
		func(c *Config) { c.ExpectedLoss = -1 },
	} {
		c := DefaultConfig()
		change(&c)
		if c.Validate() == nil {
			t.Errorf("%+v passed", c)
		}
		if _, err := CodecsWith(c); err == nil {
			t.Errorf("CodecsWith(%+v) passed", c)
		}
	}
}
