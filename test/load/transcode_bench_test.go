//go:build bench

package load

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"

	"causeway/test/load/client"
	"causeway/transcode"
)

// pair is one kind of call that has to be converted.
type pair struct {
	key     string  // in the last line
	browser string  // the browser's codec
	core    string  // the core's codec
	clock   int     // of the core's rtpmap
	wanted  string  // what rtpengine is asked for
	limit   float64 // Hz, of what is compared
}

func pairs() []pair {
	return []pair{
		{"amrwb", "opus", "AMR-WB", 16000, "AMR-WB/16000/1/12650", 6400},
		{"amr", "opus", "AMR", 8000, "AMR/8000/1/12200", 3300},
		{"g711", "opus", "PCMU", 8000, "PCMU", 3300},
		{"g722", "opus", "G722", 8000, "G722", 6400},
		{"g711_amrwb", "PCMU", "AMR-WB", 16000, "AMR-WB/16000/1/12650", 3300},
	}
}

// singer is one gateway under the chorus.
type singer struct {
	name    string
	process target
	chorus  *chorus
	costs   []float64 // us of a call's 20 ms, of each round
	p50s    []float64
	p99s    []float64
	losses  []float64
	up      verdict
	down    verdict
}

// TestBenchTranscode is transcoding on one line: make bench-transcode. Whole calls, a WebRTC browser with one codec and a plain RTP core
// with another, through the gateway and through rtpengine in turns, everybody speaking; then our pipelines beside the bare codec
// libraries. What comes out is decoded and compared with what was said.
func TestBenchTranscode(t *testing.T) {
	speech, source := someSpeech(t)
	n := setting("BENCH_TRANSCODED", 16)
	fmt.Printf("Speech: %s. %d calls, both directions speaking, no DTX.\n", source, n)
	fmt.Println("| pair | gateway | us CPU per call and 20 ms (lowest to highest) | to rtpengine | delay p50, p99 ms | loss % | " +
		"to the core: kbit/s, likeness, level | to the browser | load average |\n|---|---|---|---|---|---|---|---|---|")
	ratios, costs := map[string]float64{}, map[string]float64{}
	for _, p := range pairs() {
		if only := regexp.MustCompile(os.Getenv("BENCH_PAIRS")); !only.MatchString(p.key) {
			continue
		}
		t.Run(p.key, func(t *testing.T) { ratios[p.key], costs[p.key] = p.bench(t, speech, n) })
	}
	over, codecs := bare(t)
	beyond := whole(costs, codecs)
	line := "bench-transcode:"
	for _, p := range pairs() {
		if r, ok := ratios[p.key]; ok {
			line += fmt.Sprintf(" %s_ratio=%.2f", p.key, r)
		}
	}
	fmt.Printf("%s overhead=%.3f%s\n", line, over, beyond)
}

// whole compares what a call costs the whole gateway with what its codecs take of that, packets, SRTP and waking up being the rest. It
// returns the rest in microseconds, for the last line. PCMU, which costs next to nothing, stands for itself.
func whole(costs, codecs map[string]float64) (keys string) {
	fmt.Println("| pair | us CPU per call and 20 ms, whole gateway | of it bare codec libraries, both directions | beyond, us |\n|---|---|---|---|")
	for _, p := range pairs() {
		cost, up, down := costs[p.key], codecs[p.browser+"-"+p.core], codecs[p.core+"-"+p.browser]
		if cost == 0 || up == 0 || down == 0 {
			continue
		}
		fmt.Printf("| %s - %s | %.0f | %.0f | %.0f |\n", p.browser, p.core, cost, up+down, cost-up-down)
		keys += fmt.Sprintf(" %s_beyond_us=%.0f", p.key, cost-up-down)
	}
	return keys
}

// bench measures one pair and returns the ratio to rtpengine's processor time, 0 without it, and what a call costs, us of 20 ms.
func (p pair) bench(t *testing.T, speech []int16, n int) (ratio, cost float64) {
	r := codecs(t)
	b := newBench(t, n/4+1, false)
	singers, formats := p.connect(t, b, r, speech, n)
	d := time.Duration(setting("BENCH_SECONDS", 5)) * time.Second
	for range setting("BENCH_ROUNDS", 3) {
		for i, s := range singers {
			s.sing(t, d)
			v := s.chorus.voices[0]
			s.up = s.up.or(judge(t, r, formats[i], v.up.heard, speech, p.limit))
			s.down = s.down.or(judge(t, r, parsed(p.browser, ""), v.down.heard, speech, p.limit))
		}
	}
	b.profile(t, "transcode-"+p.key, func() { singers[0].chorus.run(0, 5*time.Second, func() {}) })
	if len(singers) > 1 {
		ratio = singers[0].to(t, singers[1])
		singers[0].compare(t, singers[1])
	}
	for i, s := range singers {
		text := "-"
		if ratio > 0 {
			text = fmt.Sprintf("%.2f", []float64{ratio, 1}[i])
		}
		s.print(t, p, text)
	}
	cost, _, _ = median(singers[0].costs)
	return ratio, cost
}

// to is the ratio of the processor time to a peer's, of the rounds in which both kept up: one that loses packets does not do the work.
func (s *singer) to(t *testing.T, peer *singer) float64 {
	t.Helper()
	var ratios []float64
	for i := range s.costs {
		if s.losses[i] < 1 && peer.losses[i] < 1 && peer.costs[i] > 0 {
			ratios = append(ratios, s.costs[i]/peer.costs[i])
		}
	}
	if len(ratios) == 0 {
		t.Errorf("in no round both kept up (lost: %.1f, %s %.1f %%): too many calls for what the machine has left, set BENCH_TRANSCODED", s.losses, peer.name, peer.losses)
		return 0
	}
	mid, _, _ := median(ratios)
	return mid
}

// sing takes one measurement, and waits for what the gateway makes up when nobody speaks any more.
func (s *singer) sing(t *testing.T, d time.Duration) {
	t.Helper()
	var before time.Duration
	s.chorus.run(2*time.Second, d, func() { before = s.process.cpu(t) })
	cpu := s.process.cpu(t) - before
	c := s.chorus
	frames := float64(c.sent) / 2 // both directions of one call
	s.costs = append(s.costs, float64(cpu.Microseconds())/max(1, frames))
	s.losses = append(s.losses, 100*float64(c.sent-c.received)/max(1, float64(c.sent)))
	p50, p99 := c.quantiles()
	s.p50s, s.p99s = append(s.p50s, p50), append(s.p99s, p99)
	if c.broken > 0 {
		t.Errorf("%s: %d packets that do not open", s.name, c.broken)
	}
	time.Sleep(6 * time.Second)
}

func (s *singer) print(t *testing.T, p pair, ratio string) {
	mid, low, high := median(s.costs)
	p50, _, _ := median(s.p50s)
	p99, _, _ := median(s.p99s)
	loss, _, _ := median(s.losses)
	fmt.Printf("| %s - %s | %s | %.0f (%.0f to %.0f) | %s | %.1f, %.1f | %.2f | %.1f, %.3f, %+.1f dB | %.1f, %.3f, %+.1f dB | %.1f |\n", p.browser, p.core, s.name,
		mid, low, high, ratio, p50, p99, loss, s.up.rate, s.up.likeness, s.up.level, s.down.rate, s.down.likeness, s.down.level, neighbours(t))
}

// compare fails the benchmark when we are fast by sending something else than what was said.
func (s *singer) compare(t *testing.T, peer *singer) {
	t.Helper()
	for _, x := range []struct {
		way        string
		ours, them verdict
	}{{"to the core", s.up, peer.up}, {"to the browser", s.down, peer.down}} {
		if x.ours.likeness < 0.85 || x.ours.likeness < x.them.likeness-0.03 {
			t.Errorf("%s: likeness %.3f, rtpengine %.3f", x.way, x.ours.likeness, x.them.likeness)
		}
		if x.ours.level < -3 || x.ours.level > 3 {
			t.Errorf("%s: level off by %.1f dB", x.way, x.ours.level)
		}
	}
}

// browserLines is how the browser's codec is offered.
func (p pair) browserLines() (pt int, lines string) {
	if p.browser == "opus" {
		return 111, "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
	}
	return 0, "a=rtpmap:0 PCMU/8000\r\n"
}

// connect sets n calls up through both gateways. formats is what the core's side agreed on with each.
func (p pair) connect(t *testing.T, b *bench, r *transcode.Registry, speech []int16, n int) (singers []*singer, formats []transcode.Format) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	browsers := b.login(t, 0, n/4+1)
	b.core.speak(fmt.Sprintf("%s/%d", p.core, p.clock))
	cert := certificate(t)
	pt, lines := p.browserLines()
	up := spoken(t, r, parsed(p.browser, lines), speech)
	fill := func(s *singer, dial func(i int, l *client.Light, far *net.UDPConn) (netip.AddrPort, string, error)) {
		var down [][]byte
		for i := range n {
			l, err := client.NewLight(cert, dtls.SRTP_AEAD_AES_128_GCM)
			if err != nil {
				t.Fatal(err)
			}
			l.Speak(pt, lines)
			far, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			to, agreed, err := dial(i, l, far)
			if err != nil {
				t.Fatalf("%s, call %d: %v", s.name, i, err)
			}
			f := parsed(p.core, agreed)
			if !strings.Contains(strings.ToLower(agreed), strings.ToLower(" "+p.core+"/")) {
				t.Fatalf("%s offers the core no %s: %q", s.name, p.core, agreed)
			}
			if i == 0 {
				formats = append(formats, f)
				down = spoken(t, r, f, speech)
			}
			upTick, downTick := uint32(parsed(p.browser, "").ClockRate/50), uint32(f.ClockRate/50) //nolint:gosec // small
			if err := s.chorus.add(l, far, to, way{words: up, pt: uint8(pt), tick: upTick, outTick: downTick},
				way{words: down, pt: payloadType(agreed), tick: downTick, outTick: upTick}); err != nil { //nolint:gosec // a payload type
				t.Fatal(err)
			}
		}
		singers = append(singers, s)
	}
	fill(&singer{name: "causeway", process: b.process, chorus: newChorus(t)}, func(i int, l *client.Light, far *net.UDPConn) (netip.AddrPort, string, error) {
		number := fmt.Sprintf("+1556%07d", i)
		b.core.listen(number, far.LocalAddr().(*net.UDPAddr).Port)
		c, err := browsers[i/4].Call(ctx, number, l)
		if err == nil {
			err = c.Wait(ctx, "the answer", c.Accepted)
		}
		if err == nil {
			err = c.Wait(ctx, "its media", c.Connected)
		}
		return b.core.leg(number), b.core.spoken(), err
	})
	if os.Getenv("BENCH_ALONE") != "" {
		return singers, formats
	}
	if e := newRTPEngine(t); e != nil {
		fill(&singer{name: "rtpengine", process: e.process, chorus: newChorus(t)}, func(i int, l *client.Light, far *net.UDPConn) (netip.AddrPort, string, error) {
			name := fmt.Sprintf("%s/%d", p.core, p.clock)
			sdp, err := e.convert(ctx, fmt.Sprintf("%s%d", p.key, i), l, far.LocalAddr().(*net.UDPAddr).Port, p.wanted, name)
			to, ok := address(sdp)
			if err == nil && !ok {
				err = fmt.Errorf("no address in %q", sdp)
			}
			_, agreed := codecOf(sdp, name)
			return to, agreed, err
		})
	}
	return singers, formats
}

// bare runs the benchmark of package transcode: the processor time of 20 ms of one direction through the pipeline (reorder, decode,
// encode), and of the bare codec libraries doing the same work in turns with it. It returns what the pipelines cost more, all pairs
// together, as a fraction, and what the libraries take for each.
func bare(t *testing.T) (overhead float64, codecs map[string]float64) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "test", "-run", "^$", "-bench", "^BenchmarkPair$", "-benchtime", "40x",
		"-count", strconv.Itoa(setting("BENCH_ROUNDS", 3)), "causeway/transcode").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	line := regexp.MustCompile(`(?m)^BenchmarkPair/(\S+?)-\d+\s.*?([\d.]+) bare-us/pkt.*?([\d.]+) pipeline-us/pkt`)
	pipe, bare, order := map[string][]float64{}, map[string][]float64{}, []string{}
	for _, m := range line.FindAllStringSubmatch(string(out), -1) {
		if pipe[m[1]] == nil {
			order = append(order, m[1])
		}
		for list, text := range map[*map[string][]float64]string{&bare: m[2], &pipe: m[3]} {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			(*list)[m[1]] = append((*list)[m[1]], v)
		}
	}
	if len(order) == 0 {
		t.Fatalf("no figures in\n%s", out)
	}
	fmt.Println("| from-to, 20 ms | us CPU in the pipeline (lowest to highest) | bare libraries | overhead % |\n|---|---|---|---|")
	var results []any
	codecs = map[string]float64{}
	var inPipe, inBare float64
	for _, name := range order {
		mid, low, high := median(pipe[name])
		base, _, _ := median(bare[name])
		percent := "-"
		if base >= 10 { // below, a percentage says nothing
			percent = fmt.Sprintf("%.0f", 100*(mid/base-1))
		}
		fmt.Printf("| %s | %.1f (%.1f to %.1f) | %.1f | %s |\n", name, mid, low, high, base, percent)
		results = append(results, strings.ReplaceAll(name, "-", "_"), mid)
		inPipe, inBare, codecs[name] = inPipe+mid, inBare+base, base
	}
	report(t, "transcode", results...)
	return inPipe/inBare - 1, codecs
}
