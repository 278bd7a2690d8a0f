package amr

import (
	"fmt"
	"math/bits"

	"causeway/transcode"
)

// EVS is the codec EVS as far as AMR-WB reaches: its AMR-WB IO mode, with the AMR-WB codec behind it. It serves payload types that were
// agreed to begin in that mode (evs-mode-switch=1, TS 26.445 A.3.1). EVS Primary frames that a far side sends all the same
// are errors and heard as a loss; every packet towards it asks for AMR-WB IO.
type EVS struct{ wide Codec }

// Name returns the IANA encoding name.
func (EVS) Name() string { return "EVS" }

// Rates returns the one rate of the codec, 16 kHz.
func (e EVS) Rates() []int { return e.wide.Rates() }

// NewDecoder returns a decoder; the rate hint is ignored.
func (e EVS) NewDecoder(f transcode.Format, _ int) (transcode.Decoder, error) {
	_, form, err := parseEVS(f)
	if err != nil {
		return nil, err
	}
	return e.wide.decoder(NewEVSUnpacker(form))
}

// NewEncoder returns an encoder for packets of a multiple of 20 ms up to 240; the rate hint is ignored.
func (e EVS) NewEncoder(f transcode.Format, _ int) (transcode.Encoder, error) {
	p, form, err := parseEVS(f)
	if err != nil {
		return nil, err
	}
	wide := e.wide
	for _, name := range [...]string{"dtx", "dtx-recv"} {
		if v, _ := f.Param(name); v == "0" {
			wide.config.DTX = false
		}
	}
	enc, err := wide.encoder(form, p, f)
	if err != nil {
		return nil, err
	}
	// A request for the best mode is no limit, and keeps the far side in AMR-WB IO.
	enc.idle = bits.Len16(p.Modes) - 1
	enc.cmr = enc.idle
	return enc, nil
}

// parseEVS reads the parameters of TS 26.445 A.3.1 that matter to AMR-WB IO. Those of RFC 4867 have their meaning of there.
func parseEVS(f transcode.Format) (Params, EVSForm, error) {
	p, err := ParseParams(Wide, f)
	if err != nil {
		return p, EVSForm{}, err
	}
	if v, _ := f.Param("evs-mode-switch"); v != "1" {
		return p, EVSForm{}, fmt.Errorf("%w: EVS without evs-mode-switch=1 begins in EVS Primary, which needs an EVS codec", transcode.ErrUnsupported)
	}
	hf, err := flag(Wide, f, "hf-only")
	if err != nil {
		return p, EVSForm{}, err
	}
	cmr, _ := f.Param("cmr")
	return p, EVSForm{HeaderFull: hf, NoCMR: cmr == "-1"}, nil
}
