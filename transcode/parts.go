package transcode

import "time"

// Verdict is what a Window thinks of a packet pushed into it.
type Verdict uint8

// The verdicts.
const (
	Accepted  Verdict = iota
	Late              // its place has been given up
	Duplicate         // it is there already
	TooLong           // payload over MaxPayload
)

// Mark is what the head of a packet says beside its number and time.
type Mark uint8

// The marks.
const (
	Spurt   Mark = 1 << iota // the marker bit: a talk spurt begins (RFC 3551 4.1)
	Comfort                  // not sound but a description of it (RFC 3389)
	Aside                    // neither: something else that only shares the stream's numbers (RFC 4733 2.6)
)

// Arrival is one packet that leaves the window, in sequence order.
type Arrival struct {
	Timestamp uint32
	Mark      Mark
	Restart   bool      // the sequence numbers jumped: no relation to what came before
	Lost      int       // packets missing right before this one
	At        time.Time // when it was pushed
	Payload   []byte    // the window's memory, valid until the next Pop
}

// Window puts packets back into sequence order and decides how long to wait for a missing one.
// transcode/jitter has the product's; the pipeline owns one each.
type Window interface {
	// Push copies the packet.
	Push(seq uint16, ts uint32, mark Mark, payload []byte, now time.Time) Verdict
	// Pop returns the next packet whose turn has come.
	Pop(now time.Time) (Arrival, bool)
	// Deadline is when Pop will have something without another Push.
	Deadline() (time.Time, bool)
	// Depth is the number of packets held, Hold how long a gap is waited for at present.
	Depth() int
	Hold() time.Duration
	// Reset forgets everything, the packets held included.
	Reset()
}

// Resampler changes the rate of a continuous PCM stream. transcode/resample has the product's.
type Resampler interface {
	// Resample reads all of src and writes to dst, which needs room for MaxOut(len(src)); it
	// returns the samples written.
	Resample(dst, src []int16) int
	// MaxOut is the most that Resample writes for n samples in.
	MaxOut(n int) int
	// Reset forgets the stream's past.
	Reset()
}

// Parts are the building blocks of a pipeline that are not codecs. They live in their own
// packages above this one, so whoever fills the registry plugs them in.
type Parts struct {
	// NewWindow makes a window that holds packets at most maxHold; 0 for its default.
	NewWindow func(maxHold time.Duration) Window
	// NewResampler makes a resampler between two rates in Hz, or fails if it cannot.
	NewResampler func(from, to int) (Resampler, error)
}
