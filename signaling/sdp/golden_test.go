package sdp_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"causeway/signaling/sdp"
)

// sample is one file of testdata; its line ends become CRLF, as on the wire.
type sample struct{ name, path, text string }

func samples(tb testing.TB, folder string) []sample {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.sdp"))
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no samples in %s: %v", folder, err)
	}
	var out []sample
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, sample{
			name: strings.TrimSuffix(filepath.Base(path), ".sdp"), path: strings.TrimSuffix(path, ".sdp") + ".golden",
			text: strings.ReplaceAll(string(raw), "\n", "\r\n"),
		})
	}
	return out
}

// golden compares got with the sample's golden file, or rewrites it.
func (s sample) golden(t *testing.T, got string) {
	t.Helper()
	got = strings.ReplaceAll(got, "\r\n", "\n")
	if *update {
		if err := os.WriteFile(s.path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and read the difference.\ngot:\n%s\nwant:\n%s", s.path, got, want)
	}
}

// dump shows a value as JSON, one field per line.
func dump(t *testing.T, title string, v any) string {
	t.Helper()
	raw, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return "--- " + title + "\n" + string(raw) + "\n"
}

func TestBrowserSamples(t *testing.T) {
	for _, s := range samples(t, "browser") {
		t.Run(s.name, func(t *testing.T) {
			a, err := sdp.ParseAccess(s.text)
			if err != nil {
				t.Fatal(err)
			}
			out := dump(t, "parsed", a)
			if !strings.Contains(s.name, "answer") {
				text, chosen, err := sdp.AccessAnswer(a, local(), sdp.DefaultAccessCodecs("opus", "G722", "PCMA", "PCMU"))
				if err != nil {
					t.Fatal(err)
				}
				checkAnswerShape(t, a, text)
				out += "--- our answer\n" + text + dump(t, "chosen", []any{chosen.Codecs, chosen.DTMF, chosen.Setup, chosen.Direction})
			}
			s.golden(t, out)
		})
	}
}

// checkAnswerShape holds an answer of ours against RFC 3264 6 and RFC 8829 5.3.1: whatever the golden file says.
func checkAnswerShape(t *testing.T, offer *sdp.Access, text string) {
	t.Helper()
	answer, err := sdp.ParseAccess(text)
	if err != nil {
		t.Fatalf("our own answer is refused: %v", err)
	}
	if len(answer.Media) != len(offer.Media) {
		t.Fatalf("%d media lines answered to %d", len(answer.Media), len(offer.Media))
	}
	open := 0
	for i, m := range answer.Media {
		o := offer.Media[i]
		if m.Kind != o.Kind || m.MID != o.MID || m.Profile != o.Profile {
			t.Errorf("line %d is %s %s %s, offered %s %s %s", i, m.Kind, m.MID, m.Profile, o.Kind, o.MID, o.Profile)
		}
		if !m.Rejected && m.Direction != sdp.Inactive {
			open++
		}
		if o.Rejected && !m.Rejected {
			t.Errorf("line %d was refused by its own offerer and is accepted", i)
		}
	}
	if open > 1 {
		t.Errorf("%d lines are open, want the audio alone", open)
	}
}

func coreLocal() sdp.CoreLocal {
	return sdp.CoreLocal{Address: netip.MustParseAddr("192.0.2.1"), RTPPort: 40000, RTCPPort: 40001, SessionID: 42, Version: 1}
}

func coreCodecs() []sdp.Codec {
	return sdp.DefaultCoreCodecs("AMR-WB", "AMR", "EVS", "G722", "PCMA", "PCMU")
}

func TestCoreSamples(t *testing.T) {
	offered := sdp.CoreOffer(coreLocal(), coreCodecs(), sdp.CoreOptions{})
	for _, s := range samples(t, "core") {
		t.Run(s.name, func(t *testing.T) {
			c, err := sdp.ParseCore(s.text)
			if err != nil {
				t.Fatal(err)
			}
			out := dump(t, "parsed", []any{c.SessionID, c.Version, c.CoreMedia, len(c.Media)})
			if strings.HasPrefix(s.name, "answer") {
				chosen, dtmf, err := sdp.CheckCoreAnswer(offered, c)
				out += dump(t, "agreed", []any{chosen, dtmf, message(err)})
				s.golden(t, out)
				return
			}
			l := coreLocal()
			if c.Preconditions.Present() {
				p := c.Preconditions.Answer(true)
				l.Preconditions = &p
			}
			text, chosen, dtmf, err := sdp.CoreAnswer(c, l, coreCodecs())
			out += "--- our answer\n" + text + dump(t, "chosen", []any{chosen, dtmf, message(err)})
			s.golden(t, out)
		})
	}
}

func message(err error) string {
	if err == nil {
		return "agreed"
	}
	return err.Error()
}

func TestBadSamples(t *testing.T) {
	for _, s := range samples(t, "bad") {
		t.Run(s.name, func(t *testing.T) {
			// As written: a bare CR must stay bare.
			text := strings.ReplaceAll(s.text, "\r\n", "\n")
			var err error
			if strings.HasPrefix(s.name, "access") {
				var a *sdp.Access
				if a, err = sdp.ParseAccess(text); err == nil {
					_, _, err = sdp.AccessAnswer(a, local(), sdp.DefaultAccessCodecs("opus"))
				}
			} else {
				_, err = sdp.ParseCore(text)
			}
			var e *sdp.Error
			if !errors.As(err, &e) {
				t.Fatalf("accepted, or refused without a reason: %v", err)
			}
			if !errors.Is(err, e.Code) || len(e.Text) < 20 {
				t.Errorf("the error is not fit for people or programs: %#v", e)
			}
			s.golden(t, string(e.Code)+"\n"+err.Error()+"\n")
		})
	}
}

func TestOurOffersGolden(t *testing.T) {
	amr := sdp.DefaultCoreCodecs("amr-wb", "AMR")
	six := coreLocal()
	six.Address, six.RTCPPort = netip.MustParseAddr("2001:db8::5"), 50123
	met := sdp.MetPreconditions()
	six.Preconditions = &met
	text, _ := sdp.AccessOffer(local(), sdp.DefaultAccessCodecs("opus", "G722", "PCMA", "PCMU"), sdp.AccessOptions{})
	for name, got := range map[string]string{
		"core-all": sdp.CoreOffer(coreLocal(), coreCodecs(), sdp.CoreOptions{}), "core-amr-ipv6-preconditions": sdp.CoreOffer(six, amr, sdp.CoreOptions{AVPF: true, RS: -1}),
		"access": text,
	} {
		sample{path: filepath.Join("testdata", "offer-"+name+".golden")}.golden(t, got)
	}
}
