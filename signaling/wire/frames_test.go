package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write the golden frames anew")

// moment is the time in all golden frames.
func moment() Timestamp {
	return Timestamp{time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.FixedZone("", 3600))}
}

const (
	sdp      = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
	instance = "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8aa"
)

// requests are the golden requests: what a page sends and what must come out of Decode; a name after a blank tells two of
// one method apart.
func requests() map[string]Params {
	return map[string]Params{
		MethodLogin: LoginParams{Scheme: SchemeToken, Token: "a.b.c", Instance: instance, Client: Client{"phone page", "1.0"},
			Resume: &Resume{Session: "s1", Secret: "x1", After: 12}},
		MethodLogin + " digest": LoginParams{Scheme: SchemeDigest, IMPI: "15550001@ims.example", IMPU: "sip:+15550001@ims.example", Instance: instance},
		MethodProve:             ProveParams{Challenge: "c7", Response: strings.Repeat("0f", 32), CNonce: "c1d2e3f4", Count: "00000002"},
		MethodLogout:            LogoutParams{},
		MethodToken:             TokenParams{Token: "d.e.f"},
		MethodPing:              PingParams{},
		MethodStart: StartParams{Call: "c1", Target: "+15550101", SDP: sdp, From: "sip:+15550001@ims.example", Anonymous: true,
			UserToUser: &UserToUser{Data: "04c0ffee", Encoding: EncodingHex}, Headers: map[string]string{"X-Case": "4711"}, Position: &Position{48.1374, 11.5755, 30}, LateAnswer: true},
		MethodRinging: RingingParams{Call: "c1"},
		MethodAnswer:  AnswerParams{Call: "c1", SDP: sdp, UserToUser: &UserToUser{Data: "desk 4", Encoding: EncodingText}},
		MethodReject:  RejectParams{Call: "c1", Reason: RejectBusy},
		MethodHangup:  HangupParams{Call: "c1"},
		MethodHold:    HoldParams{Call: "c1"},
		MethodResume:  ResumeParams{Call: "c1"},
		MethodDTMF:    DTMFParams{Call: "c1", Digits: "12,A*#", Duration: 100 * time.Millisecond, Gap: 70 * time.Millisecond},
		MethodCandidates: CandidatesParams{Call: "c1", Candidates: []Candidate{
			{"candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host", "0"}, {"", "0"}}},
		MethodUpdate:             UpdateParams{Call: "c1", SDP: sdp},
		MethodPull:               PullParams{Call: "c9", Session: "s1", From: "c1", SDP: sdp},
		MethodICE:                ICEParams{},
		MethodAway:               AwayParams{Within: 10 * time.Second},
		MethodStart + " refer":   StartParams{Call: "c3", Refer: "w1", SDP: sdp},
		MethodTransfer:           TransferParams{Call: "c1", Target: "+15550102"},
		MethodTransfer + " with": TransferParams{Call: "c1", With: "c2"},
		MethodRefuseRefer:        RefuseReferParams{Refer: "w1"},
		MethodRefuseVideo:        RefuseVideoParams{Call: "c1"},
		MethodSend:               SendParams{Message: "m1", Target: "+15550101", Text: "Hello,\nworld €", From: "sip:+15550001@ims.example", Delivery: true, Display: true, Via: ViaSIP},
		MethodSend + " short":    SendParams{Message: "m2", Target: "+15550101", Text: "Hello", Via: ViaSMS},
		MethodDisplayed:          DisplayedParams{Message: "m3"},
	}
}

// relays is a TURN server with a credential.
func relays() ICE {
	end := moment()
	return ICE{Servers: []ICEServer{{URLs: []string{"turn:turn.example:3478?transport=udp", "turns:turn.example:443?transport=tcp"}, Username: "1783425600:s1", Credential: "c2VjcmV0"}}, Expires: &end}
}

// results are the golden answers.
func results() map[string]any {
	r := map[string]any{
		MethodLogin: LoginResult{Session: "s1", Secret: "x2", User: "alice", Resumed: true, LastSeq: 14,
			ResumeWindow: Millis(30 * time.Second), Limits: Limits{Frame: MaxFrame, Calls: 4},
			Registration: Registration{State: Registered, Identities: []Identity{{"sip:+15550001@ims.example", "Alice", true}}, Expires: moment()},
			Calls: []Snapshot{{Call: "c1", Direction: Outgoing, State: CallActive, Remote: Remote{Number: "+15550101"}, LocalHold: true, StartedAt: moment(), Video: VideoBoth},
				{Call: "c2", Direction: Incoming, State: CallIncoming, Remote: Remote{Anonymous: true}, SDP: sdp}},
			Emergency: Emergency{Numbers: []string{"112", "911"}, Routed: true}, Messages: Messages{Bytes: 8192, SMS: true}, ICE: relays()},
		MethodICE:    relays(),
		MethodSend:   SendResult{Message: "m1", Via: ViaSMS, Parts: 2},
		MethodToken:  TokenResult{Expires: moment()},
		MethodStart:  StartResult{Call: "c1", SDP: sdp},
		MethodUpdate: UpdateResult{SDP: sdp},
		MethodPull: PullResult{SDP: sdp,
			Snapshot: Snapshot{Call: "c9", Direction: Incoming, State: CallActive, Remote: Remote{Number: "+15550101"}, RemoteHold: true, StartedAt: moment()}},
	}
	for name := range requests() {
		method, _, _ := strings.Cut(name, " ")
		if r[method] == nil {
			r[method] = Empty{}
		}
	}
	return r
}

// events are the golden notifications; a name after a blank tells two of one method apart.
func events() map[string]any {
	remote := Remote{URI: "sip:+15550101@ims.example", Number: "+15550101", Name: "Echo"}
	leg := LegQuality{Codec: "opus", Sent: 100, Received: 99, Lost: 1, Jitter: 1.5, RTT: 20.25, MOS: 4.31}
	core := LegQuality{Codec: "AMR-WB", Sent: 99, Received: 98}
	return map[string]any{
		EventRegistration:             Registration{State: Registered, Identities: []Identity{{"tel:+15550001", "", true}}, Expires: moment()},
		EventRegistration + " failed": Registration{State: RegistrationFails, Error: NewError(NameCoreUnreachable).WithRetryAfter(30 * time.Second).Event()},
		EventClosing:                  SessionClosing{Reason: ClosingDrain, Text: "The gateway restarts.", RetryAfter: Millis(time.Second)},
		EventChallenge: SessionChallenge{ID: "c7", Username: "15550001@ims.example", Realm: "ims.example", Nonce: "abc==", Algorithm: "SHA-256", QOP: "auth",
			Method: "REGISTER", URI: "sip:ims.example", Within: Millis(8 * time.Second)},
		EventIncoming: CallIncomingEvent{Call: "c2", Remote: remote, Called: "tel:+15550001", SDP: sdp},
		EventIncoming + " diverted": CallIncomingEvent{Call: "c2", Remote: Remote{Number: "+15550101", Verified: VerifiedPassed}, Called: "tel:+15550001", SDP: sdp,
			Waiting: true, DivertedBy: &Diversion{Remote: Remote{Number: "+15550102"}, Reason: "busy"},
			UserToUser: &UserToUser{Data: "04c0ffee", Encoding: EncodingHex}, Headers: map[string]string{"X-Case": "4711"}},
		EventProgress:               CallProgress{Call: "c1", State: CallEarly, EarlyMedia: true, SIP: 183},
		EventProgress + " diverted": CallProgress{Call: "c1", State: CallDiverted, SIP: 181, DivertedTo: &Remote{Number: "+15550103"}},
		EventProgress + " waiting":  CallProgress{Call: "c1", State: CallRinging, SIP: 180, Waiting: true},
		EventAccepted + " with data": CallAccepted{Call: "c1", Remote: remote, StartedAt: moment(),
			UserToUser: &UserToUser{Data: "desk 4", Encoding: EncodingText}, Headers: map[string]string{"X-Case": "4711"}},
		EventAccepted:               CallAccepted{Call: "c1", Remote: remote, StartedAt: moment()},
		EventHold:                   CallHold{Call: "c1", Local: true},
		EventDTMF:                   CallDTMF{Call: "c1", Digit: "#", Duration: Millis(100 * time.Millisecond)},
		EventMedia:                  CallMedia{Call: "c1", State: MediaConnected},
		EventQuality:                CallQuality{Call: "c1", Access: leg, Core: core, Transcoding: true},
		EventQuality + " of video":  CallQuality{Call: "c1", Access: leg, Core: core, Video: &VideoQuality{Access: leg, Core: core, Transcoding: true}},
		EventVideo:                  CallVideo{Call: "c1", State: VideoOn, Send: true, Receive: true},
		EventVideo + " refused":     CallVideo{Call: "c1", State: VideoOff, Reason: VideoBusy},
		EventIncoming + " video":    CallIncomingEvent{Call: "c2", Remote: remote, Called: "tel:+15550001", SDP: sdp, Video: true},
		EventElsewhere:              SessionElsewhere{Calls: []ElsewhereCall{{Session: "s1", Call: "c1", Direction: Outgoing, Remote: remote, StartedAt: moment(), Video: VideoReceive}}},
		EventElsewhere + " none":    SessionElsewhere{Calls: []ElsewhereCall{}},
		EventEnded:                  CallEnded{Call: "c1", Cause: withSIP(NewCause(NameBusy, "remote")), Duration: Millis(0)},
		EventIncoming + " replaces": CallIncomingEvent{Call: "c2", Remote: remote, Called: "tel:+15550001", SDP: sdp, Replaces: "c1"},
		EventTransferring:           CallTransferring{Call: "c1", State: TransferRinging, SIP: 180},
		EventTransferring + " failed": CallTransferring{Call: "c1", State: TransferFailed, SIP: 486,
			Cause: func() *Cause { c := withSIP(NewCause(NameBusy, "remote")); return &c }()},
		EventRefer:   CallRefer{Call: "c1", Refer: "w1", Target: Remote{Number: "+15550103"}, ReferredBy: &remote, Replaces: true, Follow: true, Within: Millis(time.Minute)},
		EventMessage: MessageReceived{Message: "m3", Remote: remote, Called: "sip:+15550001@ims.example", Text: "Hello,\nworld €", ContentType: "text/plain", At: moment(), Via: ViaSIP, Subject: "greeting", Display: true},
		EventMessage + " short": MessageReceived{Message: "m4", Remote: Remote{Name: "Bank", Anonymous: false}, Called: "sip:+15550001@ims.example", Text: "Your code […]", ContentType: "text/plain",
			At: moment(), Via: ViaSMS, Incomplete: true},
		EventReport:             MessageReport{Message: "m1", Status: MessageDisplayed, At: moment()},
		EventReport + " failed": MessageReport{Message: "m1", Status: MessageFailed, At: moment(), Error: NewError(NameMessageUndelivered).Event()},
		EventComposing:          MessageComposing{Remote: remote, Called: "sip:+15550001@ims.example", Active: true, Within: Millis(90 * time.Second)},
	}
}

func withSIP(c Cause) Cause {
	c.SIP, c.Q850, c.Reason, c.RetryAfter = 486, 17, "User busy", Millis(30*time.Second)
	return c
}

// errorFrames are all errors the gateway may send.
func errorFrames() map[string][]byte {
	out := map[string][]byte{}
	for _, e := range Catalogue() {
		if !e.Client {
			out[e.Name] = ErrorResponse(StringID("7"), NewError(e.Name))
		}
	}
	out["rate_limited with retryAfter"] = ErrorResponse(IntID(7), NewError(NameRateLimited).WithRetryAfter(1500*time.Microsecond))
	out["parse_error without id"] = ErrorResponse(ID{}, NewError(NameParseError))
	return out
}

// compiled compiles one definition of the published schema.
func compiled(t *testing.T, def string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("causeway.v1.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("causeway.v1.json" + def)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(s *jsonschema.Schema, frame []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(frame))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// golden reads a file of "name<TAB>frame" lines, writing it first under -update.
func golden(t *testing.T, file string, frames map[string][]byte) map[string][]byte {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		names := make([]string, 0, len(frames))
		for name := range frames {
			names = append(names, name)
		}
		sort.Strings(names)
		var out bytes.Buffer
		for _, name := range names {
			out.WriteString(name + "\t" + string(frames[name]) + "\n")
		}
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	read := map[string][]byte{}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		name, frame, ok := strings.Cut(lines.Text(), "\t")
		if !ok {
			t.Fatalf("%s: no tab in %q", file, lines.Text())
		}
		read[name] = []byte(frame)
	}
	return read
}

func TestRequestsDecodeToTheirParams(t *testing.T) {
	root, def := compiled(t, ""), compiled(t, "#/$defs/request")
	frames := golden(t, "requests.tsv", written(t))
	if len(frames) != len(requests()) {
		t.Fatalf("%d golden requests for %d methods", len(frames), len(requests()))
	}
	for name, want := range requests() {
		frame := frames[name]
		method, _, _ := strings.Cut(name, " ")
		req, fault := ParseRequest(frame)
		if fault != nil {
			t.Errorf("%s: %v", method, fault)
			continue
		}
		got, fault := req.Decode()
		if fault != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: decoded %+v, %v; want %+v", method, got, fault, want)
		}
		if req.ID != StringID("7") || req.Method != method {
			t.Errorf("%s: id %s method %s", method, req.ID, req.Method)
		}
		for _, s := range []*jsonschema.Schema{root, def} {
			if err := valid(s, frame); err != nil {
				t.Errorf("%s: %v", method, err)
			}
		}
	}
}

// written gives no frames: requests are written by hand, for the gateway never encodes one.
func written(t *testing.T) map[string][]byte {
	t.Helper()
	if *update {
		data, err := os.ReadFile(filepath.Join("testdata", "requests.tsv"))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string][]byte{}
		for line := range strings.Lines(string(data)) {
			name, frame, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			out[name] = []byte(frame)
		}
		return out
	}
	return nil
}

func TestResultsAreGolden(t *testing.T) {
	root := compiled(t, "")
	frames := map[string][]byte{}
	for method, result := range results() {
		frame, err := Response(StringID("7"), result)
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		frames[method] = frame
	}
	want := golden(t, "results.tsv", frames)
	if len(want) != len(frames) {
		t.Errorf("%d golden results for %d methods", len(want), len(frames))
	}
	for method, frame := range frames {
		if string(frame) != string(want[method]) {
			t.Errorf("%s:\n got %s\nwant %s", method, frame, want[method])
		}
		if err := valid(compiled(t, "#/$defs/"+method+".response"), frame); err != nil {
			t.Errorf("%s: %v", method, err)
		}
		if strings.Contains(method, "login") { // {} is valid for many methods, so only "anyOf" holds there
			if err := valid(root, frame); err != nil {
				t.Errorf("%s: %v", method, err)
			}
		}
	}
}

func TestEventsAreGolden(t *testing.T) {
	root, def := compiled(t, ""), compiled(t, "#/$defs/notification")
	frames := map[string][]byte{}
	for name, params := range events() {
		method, _, _ := strings.Cut(name, " ")
		frame, err := Notification(method, 12, params)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		frames[name] = frame
	}
	want := golden(t, "events.tsv", frames)
	if len(want) != len(frames) {
		t.Errorf("%d golden events for %d", len(want), len(frames))
	}
	for name, frame := range frames {
		if string(frame) != string(want[name]) {
			t.Errorf("%s:\n got %s\nwant %s", name, frame, want[name])
		}
		for _, s := range []*jsonschema.Schema{root, def} {
			if err := valid(s, frame); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestErrorsAreGolden(t *testing.T) {
	root, def := compiled(t, ""), compiled(t, "#/$defs/errorResponse")
	frames := errorFrames()
	want := golden(t, "errors.tsv", frames)
	if len(want) != len(frames) {
		t.Errorf("%d golden errors for %d", len(want), len(frames))
	}
	for name, frame := range frames {
		if string(frame) != string(want[name]) {
			t.Errorf("%s:\n got %s\nwant %s", name, frame, want[name])
		}
		for _, s := range []*jsonschema.Schema{root, def} {
			if err := valid(s, frame); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestSchemaRefusesWhatDecodeRefuses takes each golden request apart: every required parameter left out, and every
// parameter replaced by a value of another type, must be refused by the schema and by Decode alike.
func TestSchemaRefusesWhatDecodeRefuses(t *testing.T) {
	def := compiled(t, "#/$defs/request")
	checked := 0
	for method, frame := range golden(t, "requests.tsv", written(t)) {
		var whole map[string]any
		if err := json.Unmarshal(frame, &whole); err != nil {
			t.Fatal(err)
		}
		params, _ := whole["params"].(map[string]any)
		delete(params, "unknown") // unknown parameters are ignored, whatever they are
		for name, value := range params {
			for _, wrong := range []any{[]any{[]any{}}, 1.5, "\x01", nil} {
				if wrong == nil {
					delete(params, name)
				} else {
					params[name] = wrong
				}
				changed, err := json.Marshal(whole)
				if err != nil {
					t.Fatal(err)
				}
				schemaSays := valid(def, changed)
				req, fault := ParseRequest(changed)
				if fault == nil {
					_, fault = req.Decode()
				}
				// A lone control character is a string for the schema, which cannot name characters in every place.
				if (fault == nil) != (schemaSays == nil) && wrong != "\x01" {
					t.Errorf("%s %s=%v: decode says %v, schema says %v", method, name, wrong, fault, schemaSays)
				}
				if wrong == "\x01" && fault == nil {
					t.Errorf("%s %s: a control character was accepted", method, name)
				}
				checked++
			}
			params[name] = value
		}
	}
	if checked < 90 {
		t.Errorf("only %d variations checked", checked)
	}
}
