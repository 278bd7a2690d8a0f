package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestParseRequestRefusals(t *testing.T) {
	deep := strings.Repeat("[", 15) + strings.Repeat("]", 15)
	wide := "{" + strings.Repeat(`"a":1,`, 1) + `"b":[` + strings.Repeat("1,", 300) + `1]}`
	many := &strings.Builder{}
	for i := range 70 {
		fmt.Fprintf(many, `"m%d":1,`, i)
	}
	for _, c := range []struct{ name, frame, id, want, text string }{
		{"empty", ``, "null", NameParseError, ""},
		{"text", `hello`, "null", NameParseError, ""},
		{"cut off after the id", `{"jsonrpc":"2.0","id":5,"method":"call`, "5", NameParseError, ""},
		{"not UTF-8", "{\"id\":\"\xff\"}", "null", NameParseError, "UTF-8"},
		{"two objects", `{"jsonrpc":"2.0","id":1,"method":"session.ping"}{}`, "1", NameParseError, "one object per frame"},
		{"batch", ` [{"jsonrpc":"2.0","id":1,"method":"session.ping"}]`, "null", NameInvalidRequest, "Batches"},
		{"number", `17`, "null", NameInvalidRequest, "object"},
		{"null", `null`, "null", NameInvalidRequest, "object"},
		{"too big", `{"id":1,"x":"` + strings.Repeat("a", MaxFrame) + `"}`, "null", NameInvalidRequest, "65536"},
		{"too deep", `{"id":"d","params":{"x":` + deep + `}}`, "\"d\"", NameInvalidRequest, "deeper than 16"},
		{"too wide array", `{"id":3,"params":` + wide + `}`, "3", NameInvalidRequest, "256"},
		{"too many members", `{"id":4,"params":{` + many.String() + `"z":1}}`, "4", NameInvalidRequest, "64 members"},
		{"duplicate member", `{"jsonrpc":"2.0","id":1,"id":2,"method":"session.ping"}`, "1", NameInvalidRequest, "twice"},
		{"duplicate inside", `{"jsonrpc":"2.0","id":1,"method":"call.hangup","params":{"call":"a","call":"b"}}`, "1", NameInvalidRequest, "twice"},
		{"no version", `{"id":1,"method":"session.ping"}`, "1", NameInvalidRequest, "jsonrpc"},
		{"version 1", `{"jsonrpc":"1.0","id":1,"method":"session.ping"}`, "1", NameInvalidRequest, "jsonrpc"},
		{"no id", `{"jsonrpc":"2.0","method":"session.ping"}`, "null", NameInvalidRequest, `"id" is missing`},
		{"null id", `{"jsonrpc":"2.0","id":null,"method":"session.ping"}`, "null", NameInvalidRequest, "string of 1 to 64"},
		{"fractional id", `{"jsonrpc":"2.0","id":1.5,"method":"session.ping"}`, "null", NameInvalidRequest, "string of 1 to 64"},
		{"huge id", `{"jsonrpc":"2.0","id":99999999999999999999,"method":"session.ping"}`, "null", NameInvalidRequest, "integer"},
		{"object id", `{"jsonrpc":"2.0","id":{"id":1},"method":"session.ping"}`, "null", NameInvalidRequest, "integer"},
		{"empty id", `{"jsonrpc":"2.0","id":"","method":"session.ping"}`, "null", NameInvalidRequest, "integer"},
		{"long id", `{"jsonrpc":"2.0","id":"` + strings.Repeat("i", 65) + `","method":"session.ping"}`, "null", NameInvalidRequest, "64"},
		{"no method", `{"jsonrpc":"2.0","id":1}`, "1", NameInvalidRequest, "method"},
		{"upper-case member", `{"jsonrpc":"2.0","id":1,"METHOD":"session.ping"}`, "1", NameInvalidRequest, "method"},
		{"method a number", `{"jsonrpc":"2.0","id":1,"method":5}`, "1", NameInvalidRequest, "method"},
		{"params an array", `{"jsonrpc":"2.0","id":1,"method":"session.ping","params":[]}`, "1", NameInvalidRequest, "params"},
		{"params null", `{"jsonrpc":"2.0","id":1,"method":"session.ping","params":null}`, "1", NameInvalidRequest, "params"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, fault := ParseRequest([]byte(c.frame))
			if fault == nil {
				t.Fatalf("accepted: %+v", req)
			}
			if fault.Name != c.want || !strings.Contains(fault.Message, c.text) {
				t.Errorf("got %v, want %s with %q", fault, c.want, c.text)
			}
			if req.ID.String() != c.id {
				t.Errorf("id %s, want %s", req.ID, c.id)
			}
		})
	}
}

func TestDecodeRefusals(t *testing.T) {
	long := strings.Repeat("a", 20000)
	for _, c := range []struct{ method, params, want, text string }{
		{"call.unhold", `{}`, NameMethodUnknown, ""},
		{MethodLogin, `{"instance":"` + instance + `"}`, NameTokenMissing, ""},
		{MethodLogin, `{"token":"","instance":"` + instance + `"}`, NameTokenMissing, ""},
		{MethodLogin, `{"token":7,"instance":"` + instance + `"}`, NameParamsInvalid, "params.token"},
		{MethodLogin, `{"token":"` + long + `","instance":"` + instance + `"}`, NameParamsInvalid, "16384"},
		{MethodLogin, `{"token":"a","instance":"1"}`, NameParamsInvalid, "params.instance must be a UUID"},
		{MethodLogin, `{"token":"a","instance":"7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8ag"}`, NameParamsInvalid, "UUID"},
		{MethodLogin, `{"token":"a","instance":"` + instance + `","resume":{"session":"s","secret":"x","after":-1}}`, NameParamsInvalid, "params.resume.after"},
		{MethodLogin, `{"token":"a","instance":"` + instance + `","resume":{"session":"s","after":1}}`, NameParamsInvalid, "params.resume.secret"},
		{MethodLogin, `{"token":"a","instance":"` + instance + `","client":[]}`, NameParamsInvalid, "params.client must be an object"},
		{MethodStart, `{"call":"a b","target":"1","sdp":"v=0"}`, NameParamsInvalid, "A-Z a-z 0-9 _ -"},
		{MethodStart, `{"call":"a","target":"","sdp":"v=0"}`, NameParamsInvalid, "params.target"},
		{MethodStart, `{"call":"a","target":"1\r\nRoute: x","sdp":"v=0"}`, NameParamsInvalid, "without control characters"},
		{MethodStart, `{"call":"a","Target":"1","sdp":"v=0"}`, NameParamsInvalid, "params.target"},
		{MethodStart, `{"call":"a","target":"1"}`, NameSDPInvalid, "params.sdp"},
		{MethodStart, `{"call":"a","target":"1","sdp":"v=0\u0000"}`, NameSDPInvalid, ""},
		{MethodStart, `{"call":"a","target":"1","sdp":"` + long + `"}`, NameSDPInvalid, "16384"},
		{MethodStart, `{"call":"a","target":"1","sdp":"v=0","anonymous":"yes"}`, NameParamsInvalid, "true or false"},
		{MethodReject, `{"call":"a","reason":"bored"}`, NameParamsInvalid, "one of busy, declined, unavailable"},
		{MethodDTMF, `{"call":"a","digits":"12e"}`, NameParamsInvalid, "0-9 A-D"},
		{MethodDTMF, `{"call":"a","digits":""}`, NameParamsInvalid, "1 to 32"},
		{MethodDTMF, `{"call":"a","digits":"1","duration":39}`, NameParamsInvalid, "from 40 to 6000"},
		{MethodDTMF, `{"call":"a","digits":"1","gap":29}`, NameParamsInvalid, "from 30 to 6000"},
		{MethodCandidates, `{"call":"a","candidates":[]}`, NameParamsInvalid, "1 to 64"},
		{MethodCandidates, `{"call":"a","candidates":[null]}`, NameParamsInvalid, "candidates[0]"},
		{MethodCandidates, `{"call":"a","candidates":[{"candidate":"x\n"}]}`, NameParamsInvalid, "params.candidates[0].candidate"},
		{MethodHangup, ``, NameParamsInvalid, "params.call"},
		{MethodSend, `{"message":"a b","target":"1","text":"x"}`, NameParamsInvalid, "params.message"},
		{MethodSend, `{"message":"a","target":"1"}`, NameParamsInvalid, "params.text"},
		{MethodSend, `{"message":"a","target":"1","text":" \n"}`, NameParamsInvalid, "not empty"},
		{MethodSend, `{"message":"a","target":"1","text":"\u0000"}`, NameParamsInvalid, "no control characters"},
		{MethodSend, `{"message":"a","target":"1","text":"` + long + `"}`, NameMessageTooLong, "20000 bytes; 16384"},
		{MethodSend, `{"message":"a","target":"1","text":"x","report":[]}`, NameParamsInvalid, "params.report"},
		{MethodSend, `{"message":"a","target":"1","text":"x","report":["delivery","read"]}`, NameParamsInvalid, "params.report"},
		{MethodSend, `{"message":"a","target":"1","text":"x","report":"display"}`, NameParamsInvalid, "params.report"},
		{MethodSend, `{"message":"a","target":"1","text":"x","via":"fax"}`, NameParamsInvalid, "one of sip, sms"},
		{MethodDisplayed, `{}`, NameParamsInvalid, "params.message"},
	} {
		t.Run(c.method+" "+c.text, func(t *testing.T) {
			req := Request{ID: IntID(1), Method: c.method}
			if c.params != "" {
				req.Params = json.RawMessage(c.params)
			}
			p, fault := req.Decode()
			if fault == nil {
				t.Fatalf("accepted: %+v", p)
			}
			if fault.Name != c.want || !strings.Contains(fault.Message, c.text) {
				t.Errorf("got %v, want %s with %q", fault, c.want, c.text)
			}
		})
	}
}

func TestIDsStayWhatTheyWere(t *testing.T) {
	for raw, want := range map[string]ID{`"7"`: StringID("7"), `7`: IntID(7), `-3`: IntID(-3), `"\u00e9\""`: StringID(`é"`)} {
		req, fault := ParseRequest([]byte(`{"jsonrpc":"2.0","id":` + raw + `,"method":"session.ping"}`))
		if fault != nil || req.ID != want {
			t.Errorf("%s: %v %v", raw, req.ID, fault)
		}
	}
	if StringID("7") == IntID(7) {
		t.Error(`"7" and 7 are one`)
	}
}

func TestNotificationWantsAnObject(t *testing.T) {
	if f, err := Notification(EventHold, 1, []int{1}); err == nil {
		t.Errorf("accepted: %s", f)
	}
	if f, err := Notification(EventHold, 1, math.NaN()); err == nil {
		t.Errorf("accepted: %s", f)
	}
	f, err := Notification(EventHold, 7, Empty{})
	if err != nil || string(f) != `{"jsonrpc":"2.0","method":"call.hold","params":{"seq":7}}` {
		t.Errorf("%s, %v", f, err)
	}
}

func TestQualityNeverBreaksAFrame(t *testing.T) {
	f, err := Notification(EventQuality, 1, CallQuality{Access: LegQuality{Jitter: math.NaN(), RTT: math.Inf(1), MOS: 4.123456}})
	if err != nil || !bytes.Contains(f, []byte(`"jitter":0,"rtt":0,"mos":4.12`)) {
		t.Errorf("%s, %v", f, err)
	}
}

// FuzzQualityIsJSON: what is written by hand is what encoding/json would write.
func FuzzQualityIsJSON(f *testing.F) {
	f.Add("c1", "opus", uint64(1), 1.005, 20.25, 4.31, true)
	f.Add("c\"<\x00", "AMR-\xff\\WB\u2028", uint64(math.MaxUint64), math.Inf(-1), 123456789.126, -0.001, false)
	f.Fuzz(func(t *testing.T, name, codec string, n uint64, jitter, rtt, mos float64, video bool) {
		type leg LegQuality // without the method
		type pictures struct {
			Access      leg  `json:"access"`
			Core        leg  `json:"core"`
			Transcoding bool `json:"transcoding"`
		}
		type whole struct {
			Call        string    `json:"call"`
			Access      leg       `json:"access"`
			Core        leg       `json:"core"`
			Transcoding bool      `json:"transcoding"`
			Video       *pictures `json:"video,omitempty"`
		}
		for _, x := range []*float64{&jitter, &rtt, &mos} {
			if math.Abs(*x) > 1e9 {
				*x = 0
			}
		}
		a, b := LegQuality{codec, n, n / 2, n / 3, jitter, rtt, mos}, LegQuality{Codec: codec, RTT: jitter}
		round := func(q LegQuality) leg {
			for _, x := range []*float64{&q.Jitter, &q.RTT, &q.MOS} {
				if *x = math.Round(*x*100) / 100; math.IsNaN(*x) {
					*x = 0
				}
			}
			return leg(q)
		}
		got := CallQuality{Call: name, Access: a, Core: b, Transcoding: video}
		want := whole{Call: name, Access: round(a), Core: round(b), Transcoding: video}
		if video {
			got.Video, want.Video = &VideoQuality{Access: b, Core: a, Transcoding: true}, &pictures{round(b), round(a), true}
		}
		text, err := json.Marshal(want)
		if err != nil || string(got.appendJSON(nil)) != string(text) {
			t.Errorf("wrote %s\nwant  %s (%v)", got.appendJSON(nil), text, err)
		}
		if frame, err := Notification(EventQuality, 7, got); err != nil || !json.Valid(frame) {
			t.Errorf("%s, %v", frame, err)
		}
	})
}

func TestMillisRoundsUp(t *testing.T) {
	b, err := json.Marshal(Millis(1500 * time.Microsecond))
	if err != nil || string(b) != "2" {
		t.Errorf("%s %v", b, err)
	}
	var m Millis
	if err := json.Unmarshal([]byte("20"), &m); err != nil || time.Duration(m) != 20*time.Millisecond {
		t.Errorf("%v %v", m, err)
	}
}

// TestCatalogueAndNamesAgree reads names.go: every constant is a row, every row has a constant, codes are unique and in
// the ranges docs/protocol.md gives them, sentences are sentences.
func TestCatalogueAndNamesAgree(t *testing.T) {
	constants := map[string]bool{}
	file, err := parser.ParseFile(token.NewFileSet(), "names.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok {
			v, err := strconv.Unquote(lit.Value)
			if err != nil {
				v = lit.Value
			}
			constants[v] = true
		}
		return true
	})
	codes, rows := map[int]bool{}, map[string]bool{}
	for _, e := range Catalogue() {
		if codes[e.Code] || rows[e.Name] {
			t.Errorf("%d %s stands twice", e.Code, e.Name)
		}
		codes[e.Code], rows[e.Name] = true, true
		if !constants[e.Name] {
			t.Errorf("%s has no constant", e.Name)
		}
		if e.Client != (e.Code >= 4000) {
			t.Errorf("%s: code %d and client %v", e.Name, e.Code, e.Client)
		}
		for _, sentence := range []string{e.Message, e.Hint} {
			if len(sentence) < 15 || !strings.HasSuffix(sentence, ".") || strings.ToUpper(sentence[:1]) != sentence[:1] {
				t.Errorf("%s: %q is no sentence", e.Name, sentence)
			}
		}
	}
	for _, c := range Closes() {
		rows[strconv.Itoa(c.Code)] = true
	}
	for c := range constants {
		if !rows[c] {
			t.Errorf("constant %s has no row", c)
		}
	}
	for _, e := range Catalogue() {
		if e.Close != 0 && !rows[strconv.Itoa(e.Close)] {
			t.Errorf("%s closes with %d, which is no close code", e.Name, e.Close)
		}
	}
}

func TestErrorsAreCopies(t *testing.T) {
	e := NewError(NameBusy)
	e.Message = "changed"
	if NewError(NameBusy).Message == "changed" {
		t.Error("the catalogue was changed through an error")
	}
	if got := NewError("no such name"); got.Name != NameInternal {
		t.Errorf("an unknown name became %v", got)
	}
	if _, ok := Lookup("no such name"); ok {
		t.Error("an unknown name was found")
	}
	if w := NewError(NameDraining).WithRetryAfter(time.Second); w.RetryAfter != time.Second || w.CloseCode() != CloseTryAgain {
		t.Errorf("%+v %d", w, w.CloseCode())
	}
	if NewError(NameBusy).CloseCode() != 0 {
		t.Error("busy closes the socket")
	}
}

// FuzzParseRequest holds that no frame panics, that a refusal is a row of the catalogue and encodes to valid JSON, and
// that an accepted frame keeps its id.
func FuzzParseRequest(f *testing.F) {
	for _, seed := range []string{`{"jsonrpc":"2.0","id":1,"method":"session.ping"}`, `[]`, `{"id":{}}`, `{"a":[{"b":[1,{"c":null}]}],"id":"x"}`,
		`{"jsonrpc":"2.0","id":"q","method":"call.candidates","params":{"call":"c","candidates":[{"candidate":"","sdpMid":null}]}}`,
		`{"jsonrpc":"2.0","id":"q","method":"session.login","params":{"token":"t","instance":"` + instance + `","resume":{"session":"s","secret":"x","after":1e3}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		req, fault := ParseRequest(frame)
		if fault == nil {
			if req.ID.IsZero() || req.Method == "" {
				t.Fatalf("accepted without id or method: %q", frame)
			}
			_, fault = req.Decode()
		}
		if fault == nil {
			return
		}
		if _, ok := Lookup(fault.Name); !ok {
			t.Fatalf("unknown error %v", fault)
		}
		if answer := ErrorResponse(req.ID, fault); !json.Valid(answer) {
			t.Fatalf("answer is no JSON: %s", answer)
		}
	})
}

// FuzzScanner holds the scanner against encoding/json: what one takes the other takes, and they read the same strings.
// Only what is refused for its shape (depth, width, doubles) may differ.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `{"a":"\u00e9\ud83d\ude00\ud800x\ud800\u0041\"\\\/\b\f\n\r\t"}`, `{"a":[1,-0.5e+3,true,false,null,{}]}`, ` { } `, `{"a":01}`, `{"a":1.}`,
		`{"a":tru}`, `{"a":"` + "\x01" + `"}`, `{"a":"\u12g4"}`, `{"a" : [ ] , "b":{"c":[[]]}}`, `{"a":1,}`, `{,}`, `{"a":-}`, `{"a":+1}`, `{"\u0061":1}`, `{"a":"\u+123"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !utf8.Valid(data) {
			return // refused before the scanner sees it
		}
		s := scanner{text: data}
		got := s.frame()
		if s.fault != nil && s.fault.Name == NameInvalidRequest {
			return
		}
		if valid := json.Valid(data); valid != (s.fault == nil) {
			t.Fatalf("%q: scanner says %v, encoding/json says valid=%v", data, s.fault, valid)
		}
		if s.fault != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(data, &want); err != nil || len(want) != len(got) {
			t.Fatalf("%q: %d members, want %d (%v)", data, len(got), len(want), err)
		}
		for _, m := range got {
			if string(want[m.name]) != string(m.value) {
				t.Fatalf("%q: %q is %s, want %s", data, m.name, m.value, want[m.name])
			}
			if str, ok := text(m.value); ok {
				var w string
				if err := json.Unmarshal(m.value, &w); err != nil || w != str {
					t.Fatalf("%s: read %q, want %q (%v)", m.value, str, w, err)
				}
			}
		}
	})
}

func BenchmarkParseStart(b *testing.B) {
	body := strings.Repeat("a=candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host\\r\\n", 60)
	frame := []byte(`{"jsonrpc":"2.0","id":"7","method":"call.start","params":{"call":"c1","target":"+15550101","sdp":"` + body + `"}}`)
	b.ReportAllocs()
	for b.Loop() {
		req, fault := ParseRequest(frame)
		if fault != nil {
			b.Fatal(fault)
		}
		if _, fault = req.Decode(); fault != nil {
			b.Fatal(fault)
		}
	}
}
