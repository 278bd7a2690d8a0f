package opus

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway/transcode"
)

// clock is the RTP clock of Opus, always (RFC 7587 4.1).
const clock = 48000

// rates are the PCM rates of libopus, best first.
func rates() []int { return []int{48000, 24000, 16000, 12000, 8000} }

// Config is how the encoders spend processor time and bits.
type Config struct {
	// Complexity is 0 (cheapest) to 10 of opus_encoder_ctl.
	Complexity int `yaml:"complexity"`
	// Bitrate in bit/s for each PCM rate; the receiver's maxaveragebitrate lowers it.
	NarrowbandBitrate int `yaml:"narrowband_bitrate"` // 8 kHz
	WidebandBitrate   int `yaml:"wideband_bitrate"`   // 12 to 16 kHz
	FullbandBitrate   int `yaml:"fullband_bitrate"`   // above
	// ExpectedLoss, percent, is what the redundancy is made for until a receiver reports.
	// Below 2 none is sent until then.
	ExpectedLoss int `yaml:"expected_loss"`
}

// DefaultConfig is good for calls: complexity 5, 18 / 24 / 32 kbit/s, redundancy once the receiver reports loss.
func DefaultConfig() Config {
	return Config{Complexity: 5, NarrowbandBitrate: 18000, WidebandBitrate: 24000, FullbandBitrate: 32000, ExpectedLoss: 0}
}

// Validate reports the first value out of range.
func (c Config) Validate() error {
	if c.Complexity < 0 || c.Complexity > 10 {
		return fmt.Errorf("opus: complexity %d is not between 0 and 10", c.Complexity)
	}
	for _, b := range []int{c.NarrowbandBitrate, c.WidebandBitrate, c.FullbandBitrate} {
		if b < 6000 || b > 510000 {
			return fmt.Errorf("opus: bitrate %d is not between 6000 and 510000 bit/s", b)
		}
	}
	if c.ExpectedLoss < 0 || c.ExpectedLoss > 100 {
		return fmt.Errorf("opus: expected_loss %d is not a percentage", c.ExpectedLoss)
	}
	return nil
}

// Limits of loss, percent. libopus weighs redundancy against bit rate: it sends none at 24 kbit/s of wideband speech for less than about
// 8 % of loss, none at 18 kbit/s of narrowband for 10 %, and at 16 none at all. Told of the least it listens to, it does.
const (
	noLoss      = 2  // below, redundancy costs more than it brings
	leastWide   = 10 // what the library is told at least, where there is loss
	leastNarrow = 25
	mostLoss    = 100
)

// told is the loss that the library is told of for a loss in percent, at a PCM rate.
func told(percent, rate int) int {
	least := leastWide
	if rate <= 8000 {
		least = leastNarrow
	}
	if percent < noLoss {
		return 0
	}
	return min(max(percent, least), mostLoss)
}

// settings is a Config brought together with one format.
type settings struct {
	rate       int // PCM, Hz
	frame      int // samples per packet
	complexity int
	bitrate    int
	fec        bool
	loss       int // percent
	cbr        bool
	playback   int // receiver's maxplaybackrate, Hz
}

// settle applies the receiver's fmtp (RFC 7587 6.1, 7) to the configuration.
func (c Config) settle(f transcode.Format, rateHint int) (settings, error) {
	if err := check(f); err != nil {
		return settings{}, err
	}
	s := settings{rate: pick(rateHint), complexity: c.Complexity, loss: c.ExpectedLoss, fec: true, playback: clock}
	ptime := f.PacketTime(10*time.Millisecond, 60*time.Millisecond)
	if ptime > 20*time.Millisecond { // one frame has 10, 20, 40 or 60 ms (RFC 6716 2.1.4)
		ptime = ptime / (20 * time.Millisecond) * (20 * time.Millisecond)
	}
	s.frame = int(ptime.Milliseconds()) * s.rate / 1000
	switch {
	case s.rate <= 8000:
		s.bitrate = c.NarrowbandBitrate
	case s.rate <= 16000:
		s.bitrate = c.WidebandBitrate
	default:
		s.bitrate = c.FullbandBitrate
	}
	if most := number(f, "maxaveragebitrate"); most >= 6000 {
		s.bitrate = min(s.bitrate, most)
	}
	if most := number(f, "maxplaybackrate"); most >= 8000 {
		s.playback = min(most, clock)
	}
	// The default of useinbandfec is 0, "no preference for FEC" (6.1); the redundancy is never in
	// the way of a decoder that ignores it, so only an explicit 0 turns it off.
	if v, ok := f.Param("useinbandfec"); ok && strings.TrimSpace(v) == "0" {
		s.fec = false
	}
	s.cbr = number(f, "cbr") == 1
	return s, nil
}

func check(f transcode.Format) error {
	if f.ClockRate != clock || f.Channels < 0 || f.Channels > 2 {
		return fmt.Errorf("%w: opus/%d/%d", transcode.ErrUnsupported, f.ClockRate, f.Channels)
	}
	return nil
}

// pick returns the hint if Opus has that rate, else 48000.
func pick(hint int) int {
	if slices.Contains(rates(), hint) {
		return hint
	}
	return clock
}

// number is a parameter's decimal value, 0 if absent or not a number.
func number(f transcode.Format, name string) int {
	v, _ := f.Param(name)
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
