package capture

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// Problem is one thing that must not be in a capture.
type Problem struct {
	Frame int    // number in the file, from 1
	Kind  string // malformed, expert, webrtc, trust
	Text  string
}

// String is for the test's log.
func (p Problem) String() string { return fmt.Sprintf("frame %d: %s: %s", p.Frame, p.Kind, p.Text) }

// Exception allows problems whose text contains Text, for a Reason that the reader of the test is told.
type Exception struct{ Text, Reason string }

// Rules say how a capture is read and what it must not hold.
type Rules struct {
	DecodeAs   []string    // tshark -d: "udp.port==5060,sip"
	Prefs      []string    // tshark -o: "amr.mode:Wideband AMR"
	Allowed    []Exception // malformed and expert findings that are known not to be ours
	Identities []string    // public identities that Ours may assert
	// Ours tells the gateway's messages, which alone are judged for WebRTC and trust; nil: all are.
	Ours func(Message) bool
}

// severity from which on a word of tshark's expert system counts: an error.
const severity = 0x800000

// field separates what tshark prints of one frame.
const field = "\x1e"

// Check reads a capture with tshark and returns what is wrong with it: malformed packets and expert errors of anybody's,
// and in the gateway's SIP messages WebRTC attributes and trust headers that are not the user's own.
func Check(ctx context.Context, file string, rules Rules) ([]Problem, error) {
	out, err := malformed(ctx, file, rules)
	if err != nil {
		return nil, err
	}
	messages, err := Messages(ctx, file, rules)
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		if rules.Ours == nil || rules.Ours(m) {
			out = append(append(out, m.webRTC()...), m.trust(rules.Identities)...)
		}
	}
	slices.SortStableFunc(out, func(a, b Problem) int { return a.Frame - b.Frame })
	return out, nil
}

// malformed asks for the dissectors' own complaints.
func malformed(ctx context.Context, file string, rules Rules) ([]Problem, error) {
	rows, err := fields(ctx, file, rules, fmt.Sprintf("_ws.malformed || _ws.expert.severity >= %d", severity),
		"frame.protocols", "_ws.expert.severity", "_ws.expert.message", "_ws.malformed")
	if err != nil {
		return nil, err
	}
	var out []Problem
	for _, r := range rows {
		p := Problem{Frame: r.frame, Kind: "expert", Text: r.values[0] + ": "}
		if r.values[3] != "" {
			p.Kind = "malformed"
		}
		// Severities and messages are two lists of the same length.
		levels, texts := strings.Split(r.values[1], field), strings.Split(r.values[2], field)
		var words []string
		for i, text := range texts {
			if n, err := strconv.ParseInt(at(levels, i), 0, 64); err != nil || n >= severity {
				words = append(words, text)
			}
		}
		p.Text += strings.Join(words, "; ")
		if !slices.ContainsFunc(rules.Allowed, func(e Exception) bool { return strings.Contains(p.Text, e.Text) }) {
			out = append(out, p)
		}
	}
	return out, nil
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// row is one frame, with one string for each field asked for; many values of a field are joined by the field separator.
type row struct {
	frame  int
	values []string
}

// fields has tshark print fields of the frames that pass a display filter.
func fields(ctx context.Context, file string, rules Rules, filter string, names ...string) ([]row, error) {
	program, err := exec.LookPath("tshark")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	const column = "\x1f"
	args := []string{"-n", "-2", "-r", file, "-Y", filter, "-T", "fields", "-E", "separator=" + column, "-E", "aggregator=" + field, "-E", "occurrence=a", "-e", "frame.number"}
	for _, n := range names {
		args = append(args, "-e", n)
	}
	for _, d := range rules.DecodeAs {
		args = append(args, "-d", d)
	}
	for _, o := range rules.Prefs {
		args = append(args, "-o", o)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	var words bytes.Buffer
	cmd.Stderr = &words
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("tshark: %w: %s", err, words.String())
	}
	var out []row
	for line := range strings.Lines(string(text)) {
		parts := strings.Split(strings.TrimSuffix(line, "\n"), column)
		n, err := strconv.Atoi(parts[0])
		if err != nil || len(parts) != len(names)+1 {
			return nil, fmt.Errorf("tshark printed %q", line)
		}
		out = append(out, row{frame: n, values: parts[1:]})
	}
	return out, nil
}
