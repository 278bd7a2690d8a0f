package wire

import (
	"encoding/json"
	"math"
	"strconv"
)

// Quality figures go to every page with a call every few seconds, all other events together a few times per call: they are written without
// reflection.

// LegQuality is one leg's figures since the call began, as the gateway counts them.
type LegQuality struct {
	Codec    string  `json:"codec"`    // "opus", "AMR-WB"
	Sent     uint64  `json:"sent"`     // packets sent to this side
	Received uint64  `json:"received"` // packets received from this side
	Lost     uint64  `json:"lost"`     // packets lost on the way to the gateway
	Jitter   float64 `json:"jitter"`   // ms (RFC 3550 6.4.1)
	RTT      float64 `json:"rtt"`      // ms, 0 when not known
	MOS      float64 `json:"mos"`      // 1 to 4.5 (ITU-T G.107), 0 when not known
}

// MarshalJSON rounds the figures and writes 0 for one that is no number.
func (q LegQuality) MarshalJSON() ([]byte, error) { return q.appendJSON(nil), nil }

func (q LegQuality) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"codec":`...), q.Codec)
	b = strconv.AppendUint(append(b, `,"sent":`...), q.Sent, 10)
	b = strconv.AppendUint(append(b, `,"received":`...), q.Received, 10)
	b = strconv.AppendUint(append(b, `,"lost":`...), q.Lost, 10)
	b = appendFigure(append(b, `,"jitter":`...), q.Jitter)
	b = appendFigure(append(b, `,"rtt":`...), q.RTT)
	b = appendFigure(append(b, `,"mos":`...), q.MOS)
	return append(b, '}')
}

// appendFigure writes two decimals at most.
func appendFigure(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		f = 0
	}
	return strconv.AppendFloat(b, math.Round(f*100)/100, 'f', -1, 64)
}

// appendText writes a string; letters, digits and what else codecs and calls are named with need no escape.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(s) // a string always has JSON
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// CallQuality is the event call.quality, every five seconds while the call is connected and packets come or go.
type CallQuality struct {
	Call        string     `json:"call"`
	Access      LegQuality `json:"access"` // browser side
	Core        LegQuality `json:"core"`   // network side
	Transcoding bool       `json:"transcoding"`
	// Video are those of its video; absent without one. A MOS is not known of video.
	Video *VideoQuality `json:"video,omitempty"`
}

// MarshalJSON writes the event.
func (q CallQuality) MarshalJSON() ([]byte, error) { return q.appendJSON(nil), nil }

func (q CallQuality) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"call":`...), q.Call)
	b = q.Access.appendJSON(append(b, `,"access":`...))
	b = q.Core.appendJSON(append(b, `,"core":`...))
	b = strconv.AppendBool(append(b, `,"transcoding":`...), q.Transcoding)
	if v := q.Video; v != nil {
		b = v.Access.appendJSON(append(b, `,"video":{"access":`...))
		b = v.Core.appendJSON(append(b, `,"core":`...))
		b = append(strconv.AppendBool(append(b, `,"transcoding":`...), v.Transcoding), '}')
	}
	return append(b, '}')
}
