package tone

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxWAV bounds a file read into memory: an hour at 16 kHz.
const maxWAV = 120 << 20

// ErrWAV is returned for a file that is not 16-bit PCM in a RIFF WAVE.
var ErrWAV = errors.New("tone: not a 16-bit PCM WAV file")

// WriteWAV writes mono 16-bit PCM as a RIFF WAVE file.
func WriteWAV(w io.Writer, pcm []int16, rate int) error {
	size := uint32(2 * len(pcm))
	head := make([]byte, 0, 44)
	head = append(head, "RIFF"...)
	head = binary.LittleEndian.AppendUint32(head, 36+size)
	head = append(head, "WAVEfmt "...)
	head = binary.LittleEndian.AppendUint32(head, 16)
	head = binary.LittleEndian.AppendUint16(head, 1) // PCM
	head = binary.LittleEndian.AppendUint16(head, 1) // mono
	head = binary.LittleEndian.AppendUint32(head, uint32(rate))
	head = binary.LittleEndian.AppendUint32(head, uint32(2*rate))
	head = binary.LittleEndian.AppendUint16(head, 2)
	head = binary.LittleEndian.AppendUint16(head, 16)
	head = append(head, "data"...)
	head = binary.LittleEndian.AppendUint32(head, size)
	if _, err := w.Write(head); err != nil {
		return fmt.Errorf("tone: write wav: %w", err)
	}
	if err := binary.Write(w, binary.LittleEndian, pcm); err != nil {
		return fmt.Errorf("tone: write wav: %w", err)
	}
	return nil
}

// ReadWAV reads a 16-bit PCM WAV file of any number of channels; the first channel is returned.
// A data chunk whose size was never filled in (0 or 0xFFFFFFFF, by writers to a pipe) runs to the end of the file.
func ReadWAV(r io.Reader) (pcm []int16, rate int, err error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxWAV+1))
	if err != nil {
		return nil, 0, fmt.Errorf("tone: read wav: %w", err)
	}
	if len(raw) > maxWAV || len(raw) < 12 || string(raw[:4]) != "RIFF" || string(raw[8:12]) != "WAVE" {
		return nil, 0, ErrWAV
	}
	channels := 0
	for rest := raw[12:]; len(rest) >= 8; {
		id, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		body := rest[8:]
		open := size > len(body) || id == "data" && size == 0
		if open {
			size = len(body)
		}
		switch id {
		case "fmt ":
			if size < 16 {
				return nil, 0, ErrWAV
			}
			format, depth := binary.LittleEndian.Uint16(body), binary.LittleEndian.Uint16(body[14:])
			channels = int(binary.LittleEndian.Uint16(body[2:]))
			rate = int(binary.LittleEndian.Uint32(body[4:]))
			// 0xFFFE is WAVE_FORMAT_EXTENSIBLE, whose 16-bit kind is PCM too.
			if format != 1 && format != 0xFFFE || depth != 16 || channels < 1 || channels > 8 || rate < 1 || rate > 384000 {
				return nil, 0, ErrWAV
			}
		case "data":
			if channels == 0 {
				return nil, 0, ErrWAV
			}
			pcm = make([]int16, size/(2*channels))
			for i := range pcm {
				pcm[i] = int16(binary.LittleEndian.Uint16(body[2*channels*i:]))
			}
			return pcm, rate, nil
		}
		rest = body[min(len(body), size+size&1):]
	}
	return nil, 0, ErrWAV
}
