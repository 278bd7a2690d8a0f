package transcode

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNoWindow is returned by NewPipeline when the registry was given no Parts.
var ErrNoWindow = errors.New("transcode: registry has no reorder window: call Registry.Plug with jitter.New and resample.New")

// Registry is the set of codecs a program offers. It is filled once, in the open, by whoever
// builds the program, and only read afterwards, from any goroutine.
type Registry struct {
	codecs map[string]Codec // by lower-case name; never changed after NewRegistry
	parts  Parts
}

// NewRegistry returns a registry with these codecs; of two with one name the first counts.
// It can answer questions about codecs at once; pipelines need Plug as well.
func NewRegistry(codecs ...Codec) *Registry {
	r := &Registry{codecs: make(map[string]Codec, len(codecs))}
	for _, c := range codecs {
		key := strings.ToLower(c.Name())
		if _, taken := r.codecs[key]; !taken {
			r.codecs[key] = c
		}
	}
	return r
}

// Plug gives the registry the parts that pipelines are built with and returns it. It is called
// before the registry is shared.
func (r *Registry) Plug(p Parts) *Registry {
	r.parts = p
	return r
}

// Lookup returns the codec of that encoding name, without case.
func (r *Registry) Lookup(name string) (Codec, bool) {
	c, ok := r.codecs[strings.ToLower(name)]
	return c, ok
}

// Names returns the encoding names on offer, sorted.
func (r *Registry) Names() []string {
	names := make([]string, 0, len(r.codecs))
	for _, c := range r.codecs {
		names = append(names, c.Name())
	}
	slices.Sort(names)
	return names
}

// CanTranscode reports whether pipelines in both directions between a and b can be built. It looks
// at names and rates; a parameter that a codec refuses (AMR crc=1) shows in NewPipeline.
func (r *Registry) CanTranscode(a, b Format) bool {
	ca, okA := r.Lookup(a.Name)
	cb, okB := r.Lookup(b.Name)
	if !okA || !okB {
		return false
	}
	return r.parts.NewResampler != nil || commonRate(ca, cb) != 0
}

// Check reports why a stream of format f cannot be decoded and encoded here; nil if it can.
func (r *Registry) Check(f Format) error {
	c, ok := r.Lookup(f.Name)
	if !ok {
		return fmt.Errorf("%w: no codec for %q", ErrUnsupported, f.Name)
	}
	d, err := c.NewDecoder(f, 0)
	if err != nil {
		return err
	}
	d.Close()
	e, err := c.NewEncoder(f, 0)
	if err != nil {
		return err
	}
	e.Close()
	return nil
}

// commonRate returns the PCM rate at which a stream of codec from can be handed to codec to
// without a resampler, or 0. The order of the codec with fewer rates decides: between Opus and
// AMR-WB that is 16 kHz.
func commonRate(from, to Codec) int {
	a, okA := from.(RateLister)
	b, okB := to.(RateLister)
	if !okA || !okB {
		return 0
	}
	first, second := a.Rates(), b.Rates()
	if len(second) < len(first) {
		first, second = second, first
	}
	for _, rate := range first {
		if slices.Contains(second, rate) {
			return rate
		}
	}
	return 0
}
