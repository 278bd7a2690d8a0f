package lab

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"causeway/test/lab/handset"
	"causeway/test/lab/pcrf"
)

// maxBody bounds a control request.
const maxBody = 16 << 10

// handler is the lab's HTTP.
func (l *Lab) handler() http.Handler {
	mux := http.NewServeMux()
	if l.Issuer != nil {
		l.Issuer.Register(mux)
	}
	get := func(path string, value func() any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, value()) })
	}
	get("/complaints", func() any { return l.Complaints() })
	if l.Handsets != nil {
		get("/handsets", func() any { return l.Handsets.List() })
		get("/calls", func() any { return l.Handsets.Calls() })
		get("/handsets/faults", func() any { return l.Handsets.Faults() })
		mux.HandleFunc("POST /handsets/{number}/{what}", l.command)
	}
	if l.Core != nil {
		get("/core/bindings", func() any { return l.Core.Bindings() })
		get("/core/violations", func() any { return l.Core.Violations() })
		mux.HandleFunc("POST /core/deregister", l.deregister)
	}
	if l.PCRF != nil {
		get("/rx", func() any { return l.PCRF.State() })
		mux.HandleFunc("POST /rx/{what}", l.rx)
	}
	mux.HandleFunc("POST /forget", func(w http.ResponseWriter, _ *http.Request) {
		l.forget()
		answer(w, http.StatusOK, struct{}{})
	})
	return http.MaxBytesHandler(mux, maxBody)
}

// forget starts with clean lists; calls and bindings stay.
func (l *Lab) forget() {
	if l.Core != nil {
		l.Core.Forget()
	}
	if l.Handsets != nil {
		l.Handsets.Forget()
	}
	if l.PCRF != nil {
		l.PCRF.Forget()
	}
}

// command is POST /handsets/{number}/{what} with a body such as {"to": "+15550001"},
// {"digits": "1#"}, {"hz": 1000}, {"source": "tone"}, {"mode": 2}, {"codecs": ["AMR"]}.
func (l *Lab) command(w http.ResponseWriter, r *http.Request) {
	var body struct {
		handset.Outgoing
		Digits string  `json:"digits"`
		Hz     float64 `json:"hz"`
		Mode   int     `json:"mode"`
	}
	if !read(w, r, &body) {
		return
	}
	number, what := r.PathValue("number"), r.PathValue("what")
	if !strings.HasPrefix(number, "+") {
		number = "+" + number
	}
	if what == "call" {
		id, err := l.Handsets.Call(number, body.Outgoing)
		done(w, err, map[string]string{"call": id})
		return
	}
	arg := map[string]string{"dtmf": body.Digits, "tone": strconv.FormatFloat(body.Hz, 'f', -1, 64), "source": body.Source,
		"mode": strconv.Itoa(body.Mode), "codecs": strings.Join(body.Codecs, ",")}[what]
	done(w, l.Handsets.Do(number, what, arg), struct{}{})
}

// deregister is POST /core/deregister {"user": "+15550001", "event": "deactivated"}.
func (l *Lab) deregister(w http.ResponseWriter, r *http.Request) {
	var body struct{ User, Event string }
	if !read(w, r, &body) {
		return
	}
	switch body.Event {
	case "":
		body.Event = "deactivated"
	case "deactivated", "rejected", "unregistered", "expired":
	default:
		answer(w, http.StatusBadRequest, map[string]string{"error": "event is deactivated, rejected, unregistered or expired"})
		return
	}
	if !l.Core.Deregister(body.User, body.Event) {
		answer(w, http.StatusNotFound, map[string]string{"error": "the user is not registered"})
		return
	}
	answer(w, http.StatusOK, struct{}{})
}

// rx is POST /rx/abort {"user" or "session", "cause"}, /rx/notify {.., "actions"},
// /rx/policy {"user", "policy"}, /rx/drop.
func (l *Lab) rx(w http.ResponseWriter, r *http.Request) {
	var body struct {
		User, Session, Policy string
		Cause                 uint32
		Actions               []uint32
	}
	if !read(w, r, &body) {
		return
	}
	who := body.User
	if body.Session != "" {
		who = body.Session
	}
	switch r.PathValue("what") {
	case "abort":
		done(w, l.PCRF.Abort(who, body.Cause), struct{}{})
	case "notify":
		done(w, l.PCRF.Notify(who, body.Actions...), struct{}{})
	case "policy":
		done(w, l.PCRF.SetPolicy(body.User, body.Policy), struct{}{})
	case "drop":
		l.PCRF.Drop()
		answer(w, http.StatusOK, struct{}{})
	default:
		answer(w, http.StatusNotFound, map[string]string{"error": "abort, notify, policy or drop"})
	}
}

func read(w http.ResponseWriter, r *http.Request, v any) bool {
	err := json.NewDecoder(r.Body).Decode(v)
	if err != nil && !errors.Is(err, io.EOF) { // an empty body is an empty wish
		answer(w, http.StatusBadRequest, map[string]string{"error": "the body is not the JSON that is wanted: " + err.Error()})
		return false
	}
	return true
}

func done(w http.ResponseWriter, err error, v any) {
	switch {
	case err == nil:
		answer(w, http.StatusOK, v)
	case errors.Is(err, handset.ErrNoHandset), errors.Is(err, handset.ErrNoCall), errors.Is(err, pcrf.ErrNoSession):
		answer(w, http.StatusNotFound, map[string]string{"error": err.Error()})
	default:
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
	}
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v) // the reader has gone away: nobody to tell
}
