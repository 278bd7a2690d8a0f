package pace

import "time"

// Bucket is a token bucket. The zero value is full. It is not safe for concurrent use.
type Bucket struct {
	tokens float64
	at     time.Time
}

// Take takes a token of a bucket that refills at rate and holds at most burst, or says how long to wait for one.
func (b *Bucket) Take(now time.Time, rate float64, burst int) (wait time.Duration, ok bool) {
	if b.at.IsZero() {
		b.tokens = float64(burst)
	} else {
		b.tokens = min(float64(burst), b.tokens+rate*now.Sub(b.at).Seconds())
	}
	b.at = now
	if b.tokens >= 1 {
		b.tokens--
		return 0, true
	}
	return time.Duration((1 - b.tokens) / rate * float64(time.Second)), false
}
