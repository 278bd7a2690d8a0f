//go:build bench

package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway/test/load/client"
	"causeway/test/rig"
)

// rtpengine is Debian's rtpengine in user space, controlled by its NG protocol: bencoded dictionaries over UDP behind a cookie.
type rtpengine struct {
	process target
	conn    *net.UDPConn
	cookies int
	far     string // address of the RTP side
}

// newRTPEngine starts one; nil, said loudly, when it is not installed.
func newRTPEngine(t *testing.T) *rtpengine {
	t.Helper()
	return newRTPEngineAt(t, "127.0.0.1", "127.0.0.1")
}

// newRTPEngineAt starts one with its media at an address, for RTP sides at another.
func newRTPEngineAt(t *testing.T, address, far string) *rtpengine {
	t.Helper()
	path, err := exec.LookPath("rtpengine")
	if err != nil {
		fmt.Println("\n*** RTPENGINE IS NOT INSTALLED: ITS COLUMN IS MISSING. Install Debian's rtpengine-daemon (.ci/install bench). ***")
		return nil
	}
	control, cli := rig.FreePort(t), rig.FreePort(t)
	rig.Run(t, path, []string{"--config-file=none", "--foreground", "--log-stderr", "--log-level=3", "--table=-1", "--num-threads=2", "--interface=" + address,
		fmt.Sprintf("--listen-ng=127.0.0.1:%d", control), fmt.Sprintf("--listen-cli=127.0.0.1:%d", cli), "--port-min=40000", "--port-max=49999", "--timeout=3600", "--silent-timeout=3600"}, nil)
	conn, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: control})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	r := &rtpengine{conn: conn, process: newest(t, path), far: far}
	rig.WaitFor(t, "rtpengine", 10*time.Second, func() bool {
		_, err := r.ask(map[string]any{"command": "ping"})
		return err == nil
	})
	return r
}

// ask sends a command and returns the answer's strings.
func (r *rtpengine) ask(command map[string]any) (map[string]string, error) {
	r.cookies++
	cookie := fmt.Sprintf("c%d ", r.cookies)
	if _, err := r.conn.Write(bencode([]byte(cookie), command)); err != nil {
		return nil, err
	}
	_ = r.conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	b := make([]byte, 65536)
	for {
		n, err := r.conn.Read(b)
		if err != nil {
			return nil, err
		}
		text, ok := strings.CutPrefix(string(b[:n]), cookie)
		if !ok {
			continue // an older answer
		}
		value, _, err := bdecode(text, 0)
		if err != nil {
			return nil, err
		}
		out := map[string]string{}
		d, _ := value.(map[string]any)
		for k, v := range d {
			if s, ok := v.(string); ok {
				out[k] = s
			}
		}
		if out["result"] == "error" {
			return nil, errors.New("rtpengine: " + out["error-reason"])
		}
		return out, nil
	}
}

// call connects a light client and an RTP socket of port through rtpengine. It returns the description towards the RTP side.
func (r *rtpengine) call(ctx context.Context, id string, l *client.Light, port int) (core string, err error) {
	return r.convert(ctx, id, l, port, "", "PCMU/8000")
}

// convert does the same with another codec towards the RTP side: wanted as rtpengine is asked for it, with bit rate ("" for none to be
// converted), name as rtpmap writes it.
func (r *rtpengine) convert(ctx context.Context, id string, l *client.Light, port int, wanted, name string) (core string, err error) {
	offer, err := l.Offer()
	if err != nil {
		return "", err
	}
	command := map[string]any{"command": "offer", "call-id": id, "from-tag": "browser", "sdp": offer, "transport-protocol": "RTP/AVP",
		"ICE": "remove", "DTLS": "passive", "rtcp-mux": []any{"demux"}, "replace": []any{"origin"}}
	if wanted != "" {
		command["codec"] = map[string]any{"mask": []any{"all"}, "transcode": []any{wanted}}
	}
	out, err := r.ask(command)
	if err != nil {
		return "", err
	}
	core = out["sdp"]
	pts, lines := answerLines(core, name)
	answer := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP %s\r\n%sa=sendrecv\r\n", r.far, port, pts, lines)
	out, err = r.ask(map[string]any{"command": "answer", "call-id": id, "from-tag": "browser", "to-tag": "far", "sdp": answer,
		"ICE": "force", "DTLS": "passive", "replace": []any{"origin"}})
	if err != nil {
		return "", err
	}
	return core, l.Accept(ctx, out["sdp"])
}

// bencode appends a string, a list or a dictionary.
func bencode(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return append(append(strconv.AppendInt(b, int64(len(v)), 10), ':'), v...)
	case []any:
		b = append(b, 'l')
		for _, x := range v {
			b = bencode(b, x)
		}
		return append(b, 'e')
	case map[string]any:
		b = append(b, 'd')
		for k, x := range v { // rtpengine does not ask for sorted keys
			b = bencode(bencode(b, k), x)
		}
		return append(b, 'e')
	}
	panic(fmt.Sprintf("bencode of %T", v))
}

var errBencode = errors.New("malformed bencode")

// bdecode reads one value of at most 16 levels and returns what follows it.
func bdecode(s string, depth int) (any, string, error) {
	if s == "" || depth > 16 {
		return nil, "", errBencode
	}
	switch {
	case s[0] == 'i':
		digits, rest, ok := strings.Cut(s[1:], "e")
		n, err := strconv.ParseInt(digits, 10, 64)
		if !ok || err != nil {
			return nil, "", errBencode
		}
		return n, rest, nil
	case s[0] == 'l' || s[0] == 'd':
		var list []any
		rest := s[1:]
		for !strings.HasPrefix(rest, "e") {
			var v any
			var err error
			if v, rest, err = bdecode(rest, depth+1); err != nil {
				return nil, "", err
			}
			list = append(list, v)
		}
		if s[0] == 'l' {
			return list, rest[1:], nil
		}
		d := map[string]any{}
		for i := 0; i+1 < len(list); i += 2 {
			if k, ok := list[i].(string); ok {
				d[k] = list[i+1]
			}
		}
		return d, rest[1:], nil
	default:
		length, rest, ok := strings.Cut(s, ":")
		n, err := strconv.Atoi(length)
		if !ok || err != nil || n < 0 || n > len(rest) {
			return nil, "", errBencode
		}
		return rest[:n], rest[n:], nil
	}
}

func TestBenchBencode(t *testing.T) {
	in := map[string]any{"sdp": "v=0\r\n", "list": []any{"a", "", "bc"}, "d": map[string]any{"k": "v"}}
	out, rest, err := bdecode(string(bencode(nil, in)), 0)
	if err != nil || rest != "" || fmt.Sprint(out) != fmt.Sprint(in) {
		t.Errorf("%v %q %v", out, rest, err)
	}
	for _, bad := range []string{"", "5:ab", "i1", "l", "d1:a", "-1:", strings.Repeat("l", 100)} {
		if _, _, err := bdecode(bad, 0); err == nil {
			t.Errorf("%q passed", bad)
		}
	}
}
