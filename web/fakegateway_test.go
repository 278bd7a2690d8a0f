package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"
)

// fakeGateway speaks causeway.v1 for the page, in few words of its own, with pion/webrtc as its media: a peer nobody
// here wrote. It speaks PCMU, sends a tone and measures what it hears.
type fakeGateway struct {
	t        *testing.T
	upgrader websocket.Upgrader

	mu      sync.Mutex
	socket  *websocket.Conn
	seq     int
	sent    [][]byte // all notifications, for a resume
	calls   map[string]*fakeCall
	started fakeRequest // the last call.start
	handed  fakeRequest // the last call.transfer
	written fakeRequest // the last message.send
	read    []string    // messages that have been displayed
	got     []string    // methods in the order they came
	done    sync.WaitGroup
}

func newFakeGateway(t *testing.T) *fakeGateway {
	t.Helper()
	g := &fakeGateway{t: t, calls: make(map[string]*fakeCall)}
	g.upgrader = websocket.Upgrader{Subprotocols: []string{"causeway.v1"}}
	t.Cleanup(g.close)
	return g
}

func (g *fakeGateway) close() {
	g.mu.Lock()
	if g.socket != nil {
		g.socket.Close()
	}
	calls := g.calls
	g.calls = map[string]*fakeCall{}
	g.mu.Unlock()
	for _, c := range calls {
		c.close()
	}
	g.done.Wait()
}

func (g *fakeGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := g.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	g.done.Add(1)
	defer g.done.Done()
	defer conn.Close()
	for {
		_, data, err := conn.ReadMessage()
		if err != nil {
			return
		}
		g.take(conn, data)
	}
}

type fakeRequest struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Token, Call, Target, SDP, Digits, With, Refer string
		Message, Text, Via                            string
		Report                                        []string

		Anonymous bool
		Resume    *struct{ After int }
	} `json:"params"`
}

func (g *fakeGateway) take(conn *websocket.Conn, data []byte) {
	var r fakeRequest
	if err := json.Unmarshal(data, &r); err != nil {
		g.t.Errorf("page sent %q: %v", data, err)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.got = append(g.got, r.Method)
	switch r.Method {
	case "call.start":
		g.started = r
	case "call.transfer":
		g.handed = r
	}
	answer := func(result any) {
		_ = conn.WriteJSON(map[string]any{"jsonrpc": "2.0", "id": r.ID, "result": result})
	}
	refuse := func(code int, name, message, hint string) {
		_ = conn.WriteJSON(map[string]any{"jsonrpc": "2.0", "id": r.ID, "error": map[string]any{"code": code, "message": message,
			"data": map[string]any{"name": name, "hint": hint, "retryable": false}}})
	}
	switch r.Method {
	case "session.login":
		if r.Params.Token == "bad" {
			refuse(1002, "token_invalid", "The token was refused.", "Get a new token.")
			return
		}
		g.socket = conn
		g.login(r, answer)
	case "call.start":
		g.start(r, answer)
	case "call.answer":
		c := g.calls[r.Params.Call]
		if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: r.Params.SDP}); err != nil {
			g.t.Errorf("answer: %v", err)
		}
		answer(struct{}{})
		g.accept(r.Params.Call)
	case "call.update":
		answer(map[string]any{"sdp": g.negotiate(g.calls[r.Params.Call], r.Params.SDP)})
	case "message.send":
		g.written = r
		switch {
		case r.Params.Target == "+15550104":
			refuse(2060, "message_too_long", "The message has 900 bytes; 312 are allowed here.", "Shorten it, or send it as several messages.")
		case r.Params.Target == "+15550105" && len(r.Params.Report) > 0:
			refuse(2063, "message_unsupported", "The other side does not take messages of this kind.", "Call.")
		default:
			answer(map[string]any{"message": r.Params.Message, "via": r.Params.Via, "parts": 1})
		}
	case "message.displayed":
		g.read = append(g.read, r.Params.Message)
		answer(struct{}{})
	case "call.hangup", "call.reject":
		answer(struct{}{})
		g.end(r.Params.Call, 2013, "hangup", "local", 0)
	case "call.hold", "call.resume":
		answer(struct{}{})
		g.notify("call.hold", map[string]any{"call": r.Params.Call, "local": r.Method == "call.hold", "remote": false})
	default:
		answer(struct{}{})
	}
}

func (g *fakeGateway) login(r fakeRequest, answer func(any)) {
	calls := []any{}
	if r.Params.Resume != nil {
		for id := range g.calls {
			calls = append(calls, map[string]any{"call": id, "direction": "outgoing", "state": "active", "remote": map[string]any{"anonymous": false},
				"localHold": false, "remoteHold": false, "startedAt": time.Now().UTC().Format(time.RFC3339)})
		}
	}
	answer(map[string]any{"session": "s", "secret": "x", "user": "alice", "resumed": r.Params.Resume != nil, "lastSeq": g.seq,
		"resumeWindow": 30000, "limits": map[string]any{"frame": 65536, "calls": 4}, "calls": calls, "messages": map[string]any{"bytes": 8192, "sms": true},
		"registration": map[string]any{"state": "registered", "identities": []any{map[string]any{"uri": "sip:+15550001@ims.example", "default": true}}}})
	if r.Params.Resume != nil {
		for _, frame := range g.sent[min(r.Params.Resume.After, len(g.sent)):] {
			_ = g.socket.WriteMessage(websocket.TextMessage, frame)
		}
	}
}

// notify sends an event; the caller holds mu.
func (g *fakeGateway) notify(method string, params map[string]any) {
	g.seq++
	params["seq"] = g.seq
	frame, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "method": method, "params": params})
	if err != nil {
		g.t.Errorf("notify: %v", err)
	}
	g.sent = append(g.sent, frame)
	_ = g.socket.WriteMessage(websocket.TextMessage, frame)
}

// event sends an event from the test.
func (g *fakeGateway) event(method string, params map[string]any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.notify(method, params)
}

// start plays the number dialled.
func (g *fakeGateway) start(r fakeRequest, answer func(any)) {
	c := g.newCall(r.Params.Call)
	answer(map[string]any{"call": r.Params.Call, "sdp": g.negotiate(c, r.Params.SDP)})
	switch r.Params.Target {
	case "+15550104":
		g.end(r.Params.Call, 2005, "busy", "remote", 486)
	case "+15550105":
		g.notify("call.progress", map[string]any{"call": r.Params.Call, "state": "ringing", "earlyMedia": false, "sip": 180})
	default:
		g.notify("call.progress", map[string]any{"call": r.Params.Call, "state": "ringing", "earlyMedia": false, "sip": 180})
		g.accept(r.Params.Call)
	}
}

func (g *fakeGateway) accept(call string) {
	g.notify("call.accepted", map[string]any{"call": call, "remote": map[string]any{"number": "+15550101", "anonymous": false},
		"startedAt": time.Now().UTC().Format(time.RFC3339Nano)})
	g.notify("call.quality", map[string]any{"call": call, "transcoding": true,
		"access": map[string]any{"codec": "opus", "sent": 100, "received": 100, "lost": 0, "jitter": 2.4, "rtt": 31, "mos": 4.2},
		"core":   map[string]any{"codec": "AMR-WB", "sent": 100, "received": 100, "lost": 0, "jitter": 1, "rtt": 0, "mos": 4.1}})
}

func (g *fakeGateway) end(call string, code int, name, by string, sip int) {
	cause := map[string]any{"code": code, "name": name, "by": by, "message": "", "hint": ""}
	if sip != 0 {
		cause["sip"] = sip
	}
	if c := g.calls[call]; c != nil {
		c.close()
		delete(g.calls, call)
	}
	g.notify("call.ended", map[string]any{"call": call, "duration": 0, "cause": cause})
}

// ring calls the page.
// more are further parameters of the event.
func (g *fakeGateway) ring(call string, more map[string]any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.newCall(call)
	offer, err := c.pc.CreateOffer(nil)
	if err != nil {
		g.t.Errorf("offer: %v", err)
	}
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(offer); err != nil {
		g.t.Errorf("offer: %v", err)
	}
	<-gathered
	event := map[string]any{"call": call, "called": "sip:+15550001@ims.example", "sdp": c.pc.LocalDescription().SDP, "waiting": false,
		"remote": map[string]any{"number": "+15550103", "name": "Callback", "anonymous": false}}
	maps.Copy(event, more)
	g.notify("call.incoming", event)
}

// only returns the one call there is.
func (g *fakeGateway) only() *fakeCall {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.calls {
		return c
	}
	return nil
}

func (g *fakeGateway) onlyID() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id := range g.calls {
		return id
	}
	return ""
}

// lastStart is the page's last call.start.
func (g *fakeGateway) lastStart() fakeRequest {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.started
}

// lastTransfer is the newest call.transfer.
func (g *fakeGateway) lastTransfer() fakeRequest {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.handed
}

func (g *fakeGateway) methods() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.got...)
}

// dropSocket cuts the connection without a word.
func (g *fakeGateway) dropSocket() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.socket.Close()
}
