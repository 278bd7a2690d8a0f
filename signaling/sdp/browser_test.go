package sdp_test

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"causeway/signaling/sdp"
	"causeway/test/browser"
)

var update = flag.Bool("update", false, "rewrite the golden files, and with -run RealBrowsers the captured descriptions")

// script makes peer connections in the page. A tone from WebAudio stands in for the microphone.
const script = `<!doctype html><title>sdp</title><script>
const ctx = new AudioContext(), out = ctx.createMediaStreamDestination();
const pcs = {};
const shapes = {
  "audio": pc => pc.addTrack(out.stream.getAudioTracks()[0], out.stream),
  "audio-video": pc => { shapes["audio"](pc); pc.addTransceiver("video"); },
  "recvonly": pc => pc.addTransceiver("audio", {direction: "recvonly"}),
  "datachannel": pc => { shapes["audio"](pc); pc.createDataChannel("chat"); },
  "video-first": pc => { pc.addTransceiver("video"); shapes["audio"](pc); },
  "max-bundle": pc => { pc.addTransceiver("video"); shapes["audio"](pc); },
  "g722-only": pc => {
    const t = pc.addTransceiver(out.stream.getAudioTracks()[0], {streams: [out.stream]});
    const all = RTCRtpReceiver.getCapabilities("audio").codecs;
    t.setCodecPreferences(all.filter(c => c.mimeType.toLowerCase() == "audio/g722"));
  },
};
async function gathered(pc) {
  if (pc.iceGatheringState != "complete")
    await Promise.race([new Promise(r => pc.onicegatheringstatechange = () => pc.iceGatheringState == "complete" && r()), new Promise(r => setTimeout(r, 1500))]);
  return pc.localDescription.sdp;
}
async function offer(name) {
  const pc = pcs[name] = new RTCPeerConnection(name == "max-bundle" ? {bundlePolicy: "max-bundle"} : {});
  shapes[name](pc);
  await pc.setLocalDescription();
  return gathered(pc);
}
async function reoffer(name, options, direction) {
  const pc = pcs[name];
  if (direction) pc.getTransceivers().find(t => t.receiver.track.kind == "audio").direction = direction;
  await pc.setLocalDescription(await pc.createOffer(options));
  return gathered(pc);
}
async function accept(name, sdp) {
  const pc = pcs[name];
  await pc.setRemoteDescription({type: "answer", sdp});
  const t = pc.getTransceivers().filter(t => t.currentDirection && t.receiver.track.kind == "audio")[0];
  return {state: pc.signalingState, direction: t.currentDirection,
          codecs: t.sender.getParameters().codecs.concat(t.receiver.getParameters().codecs).map(c => c.mimeType.split("/")[1] + "/" + c.clockRate)};
}
async function answer(name, sdp) {
  const pc = pcs[name] = pcs[name] || new RTCPeerConnection();
  await pc.setRemoteDescription({type: "offer", sdp});
  if (pc.getSenders().every(s => !s.track)) shapes["audio"](pc);
  await pc.setLocalDescription();
  return gathered(pc);
}
</script>`

func local() sdp.AccessLocal {
	address := netip.MustParseAddrPort("192.0.2.10:30000")
	return sdp.AccessLocal{
		Address: address, Lite: true, UFrag: "gwUf", Pwd: "abcdefghijklmnopqrstuvwx", SSRC: 1234567, CNAME: "leg-1",
		FingerprintHash: "sha-256", Fingerprint: strings.TrimSuffix(strings.Repeat("A1:", 32), ":"), SessionID: 4611686018427387904, Version: 1,
		Candidates: []sdp.Candidate{
			{Foundation: "1", Component: 1, Transport: "udp", Priority: 2130706431, Address: address, Type: "host"},
			{Foundation: "2", Component: 1, Transport: "tcp", Priority: 1518280447, Address: address, Type: "host", TCPType: "passive"},
		},
	}
}

// page is one browser with the script loaded.
type page struct {
	t *testing.T
	b browser.Browser
}

func openPage(t *testing.T, kind browser.Kind) page {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(script)) // a browser that went away is seen by the test
	}))
	t.Cleanup(server.Close)
	b := browser.For(t, kind, browser.Options{})
	if err := b.Open(server.URL); err != nil {
		t.Fatal(err)
	}
	return page{t: t, b: b}
}

// call evaluates f(args...) in the page.
func (p page) call(out any, f string, args ...string) {
	p.t.Helper()
	for i := range args {
		args[i] = quote(args[i])
	}
	if err := p.b.Eval(p.t.Context(), f+"("+strings.Join(args, ", ")+")", out); err != nil {
		p.t.Fatalf("%s: %v", f, err)
	}
}

// quote makes a JavaScript literal; {…} and null stay as they are.
func quote(s string) string {
	if strings.HasPrefix(s, "{") || s == "null" {
		return s
	}
	return strconv.Quote(s)
}

// keep stores a captured description when the golden files are rewritten.
func (p page) keep(name, text string) {
	p.t.Helper()
	if !*update {
		return
	}
	path := filepath.Join("testdata", "browser", string(p.b.Kind())+"-"+name+".sdp")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "\r\n", "\n")), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// agreed is what a browser says after our answer.
type agreed struct {
	State, Direction string
	Codecs           []string
}

// exchange answers the text of an offer and lets the browser accept it.
func (p page) exchange(name, text string, l sdp.AccessLocal) (agreed, sdp.AccessMedia) {
	p.t.Helper()
	offer, err := sdp.ParseAccess(text)
	if err != nil {
		p.t.Fatalf("%s: the browser's offer is refused: %v", name, err)
	}
	ours, chosen, err := sdp.AccessAnswer(offer, l, sdp.DefaultAccessCodecs("opus", "G722", "PCMA", "PCMU"))
	if err != nil {
		p.t.Fatalf("%s: no answer: %v", name, err)
	}
	var got agreed
	p.call(&got, "accept", name, ours)
	if got.State != "stable" {
		p.t.Errorf("%s: signalling state %s after our answer", name, got.State)
	}
	return got, chosen
}

func TestRealBrowsers(t *testing.T) {
	for _, kind := range browser.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			p := openPage(t, kind)
			t.Run("answers are accepted", func(t *testing.T) { page{t, p.b}.answersAreAccepted() })
			t.Run("reoffers are answered", func(t *testing.T) { page{t, p.b}.reoffers() })
			t.Run("offers are answered", func(t *testing.T) { page{t, p.b}.offersAreAnswered() })
		})
	}
}

func (p page) answersAreAccepted() {
	for _, c := range []struct{ name, direction, codec string }{
		{"audio", "sendrecv", "opus/48000"}, {"audio-video", "sendrecv", "opus/48000"}, {"recvonly", "recvonly", "opus/48000"},
		{"datachannel", "sendrecv", "opus/48000"}, {"video-first", "sendrecv", "opus/48000"}, {"max-bundle", "sendrecv", "opus/48000"},
		{"g722-only", "sendrecv", "G722/8000"},
	} {
		p.t.Run(c.name, func(t *testing.T) {
			p := page{t, p.b}
			var text string
			p.call(&text, "offer", c.name)
			p.keep("offer-"+c.name, text)
			l := local()
			if c.name == "datachannel" {
				l.Setup = "passive"
			}
			got, chosen := p.exchange(c.name, text, l)
			if got.Direction != c.direction || string(chosen.Direction) != c.direction {
				t.Errorf("direction %s in the browser, %s here, want %s", got.Direction, chosen.Direction, c.direction)
			}
			if !slices.Contains(got.Codecs, c.codec) {
				t.Errorf("codecs %v, want %s among them", got.Codecs, c.codec)
			}
		})
	}
}

func (p page) reoffers() {
	var first string
	p.call(&first, "offer", "audio")
	p.exchange("audio", first, local())
	var second string
	p.call(&second, "reoffer", "audio", "{iceRestart: true}", "null")
	p.keep("offer-restart", second)
	before, after := audio(p.t, first), audio(p.t, second)
	if before.UFrag == after.UFrag || before.Pwd == after.Pwd {
		p.t.Error("the browser restarted ICE but the credentials read are the same")
	}
	l := local()
	l.Version, l.UFrag, l.Pwd = 2, "gwU2", "zyxwvutsrqponmlkjihgfedc"
	p.exchange("audio", second, l)
	var held string
	p.call(&held, "reoffer", "audio", "{}", "sendonly")
	p.keep("offer-hold", held)
	l.Version = 3
	if got, _ := p.exchange("audio", held, l); got.Direction != "sendonly" {
		p.t.Errorf("after the browser's hold the direction is %s", got.Direction)
	}
}

func (p page) offersAreAnswered() {
	text, offered := sdp.AccessOffer(local(), sdp.DefaultAccessCodecs("opus", "G722", "PCMA", "PCMU"), sdp.AccessOptions{})
	var answer string
	p.call(&answer, "answer", "mt", text)
	p.keep("answer-audio", answer)
	_, chosen, err := offered.CheckAnswer(answer)
	if err != nil {
		p.t.Fatalf("the browser's answer is refused: %v", err)
	}
	if !chosen.Codecs[0].Is("opus") || chosen.Setup != "active" || chosen.Direction != sdp.SendRecv || len(chosen.DTMF) == 0 {
		p.t.Errorf("agreed on %v, %v, setup %s, %s", chosen.Codecs, chosen.DTMF, chosen.Setup, chosen.Direction)
	}
	// A second offer on the same connection with new ICE credentials: ours to restart.
	l := local()
	l.Version, l.UFrag, l.Pwd = 2, "gwU2", "zyxwvutsrqponmlkjihgfedc"
	text, offered = sdp.AccessOffer(l, sdp.DefaultAccessCodecs("opus", "G722", "PCMA", "PCMU"), sdp.AccessOptions{Previous: offered})
	var again string
	p.call(&again, "answer", "mt", text)
	if _, _, err = offered.CheckAnswer(again); err != nil {
		p.t.Fatalf("the browser's second answer is refused: %v", err)
	}
	if audio(p.t, answer).UFrag == audio(p.t, again).UFrag {
		p.t.Error("our ICE restart was not answered with new credentials")
	}
}

// audio is the audio m-line of a browser's description.
func audio(t *testing.T, text string) *sdp.AccessMedia {
	t.Helper()
	a, err := sdp.ParseAccess(text)
	if err != nil {
		t.Fatal(err)
	}
	_, m, ok := a.Audio()
	if !ok {
		t.Fatal("no audio")
	}
	return m
}
