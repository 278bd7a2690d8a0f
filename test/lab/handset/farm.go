package handset

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"causeway/test/lab/sip"
	"causeway/test/lab/voice"
)

// keepEnded is how many finished calls stay readable.
const keepEnded = 100

// ErrNoHandset and ErrNoCall answer commands that have nothing to act on.
var (
	ErrNoHandset = errors.New("no such handset")
	ErrNoCall    = errors.New("the handset has no such call")
)

// Config of the farm.
type Config struct {
	Address    netip.AddrPort // SIP, UDP and TCP; RTP uses free ports of the same host
	Core       netip.AddrPort // where the handsets' core listens
	HomeDomain string
	Scripts    []Script      // nil = Scripts()
	Pace       float64       // multiplies every delay of the scripts; 0 = 1
	T1         time.Duration // RFC 3261 T1; 0 = 500 ms
	Log        *slog.Logger
}

// Farm is all handsets of the lab. Its state belongs to the SIP stack's loop.
type Farm struct {
	cfg     Config
	stack   *sip.Stack
	scripts map[string]Script
	order   []string
	calls   []*Call
	byTx    map[*sip.ServerTx][]*Call
	faults  []Fault
	letters []Letter
	served  int
}

// Fault is one thing a far side did against the standards.
type Fault struct {
	Time   time.Time `json:"time"`
	Number string    `json:"number"`
	Call   string    `json:"call"`
	Kind   string    `json:"kind"`
	Text   string    `json:"text"`
}

// Handset is one number as GET /handsets shows it.
type Handset struct {
	Number      string `json:"number"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// New binds the farm's socket and starts it.
func New(cfg Config) (*Farm, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Pace == 0 {
		cfg.Pace = 1
	}
	if cfg.Scripts == nil {
		cfg.Scripts = Scripts()
	}
	stack, err := sip.New(sip.Config{Address: cfg.Address, T1: cfg.T1, Log: cfg.Log})
	if err != nil {
		return nil, fmt.Errorf("handsets: %w", err)
	}
	f := &Farm{cfg: cfg, stack: stack, scripts: map[string]Script{}, byTx: map[*sip.ServerTx][]*Call{}}
	for _, s := range cfg.Scripts {
		if _, twice := f.scripts[s.Number]; !twice {
			f.order = append(f.order, s.Number)
		}
		f.scripts[s.Number] = s
	}
	stack.Start(f)
	return f, nil
}

// Close ends every call's media without a word to the far side, and waits.
func (f *Farm) Close() {
	var calls []*Call
	f.stack.Do(func() { calls = slices.Clone(f.calls) })
	f.stack.Close()
	for _, c := range calls {
		c.stream.Close()
	}
}

// Addr is where the farm listens for SIP.
func (f *Farm) Addr() netip.AddrPort { return f.stack.Addr() }

// Numbers lists the handsets' numbers.
func (f *Farm) Numbers() []string { return slices.Clone(f.order) }

// List describes the handsets.
func (f *Farm) List() []Handset {
	out := []Handset{}
	f.stack.Do(func() {
		for _, n := range f.order {
			s := f.scripts[n]
			out = append(out, Handset{s.Number, s.Name, s.Description})
		}
	})
	return out
}

// SetScript changes an existing handset's behaviour for later calls.
func (f *Farm) SetScript(s Script) error {
	err := ErrNoHandset
	f.stack.Do(func() {
		if _, ok := f.scripts[s.Number]; ok {
			f.scripts[s.Number], err = s, nil
		}
	})
	return err
}

// Faults returns what far sides did wrong in their signalling.
func (f *Farm) Faults() []Fault {
	out := []Fault{}
	f.stack.Do(func() { out = append(out, f.faults...) })
	return out
}

// Forget empties the list of faults.
func (f *Farm) Forget() { f.stack.Do(func() { f.faults = nil }) }

func (f *Farm) after(d time.Duration, fn func()) *sip.Timer {
	return f.stack.After(time.Duration(float64(d)*f.cfg.Pace), fn)
}

// newCall makes a call with its media sockets and puts it on the list.
func (f *Farm) newCall(s Script) (*Call, error) {
	stream, err := voice.New(f.cfg.Address.Addr(), voice.Say{Kind: s.Source, ToneHz: s.ToneHz, DTX: s.DTX}, f.cfg.Log)
	if err != nil {
		return nil, err
	}
	f.served++
	c := &Call{farm: f, script: s, id: fmt.Sprintf("%s-%d", strings.TrimPrefix(s.Number, "+"), f.served),
		stream: stream, life: life{started: time.Now(), state: "new"}}
	c.media.id = uint64(time.Now().UnixNano()) >> 10
	c.media.want = "sendrecv"
	c.picture.on = s.Video != nil && !s.Video.Later
	f.calls = append(f.calls, c)
	f.trim()
	return c, nil
}

// trim forgets the oldest finished calls.
func (f *Farm) trim() {
	ended := 0
	for i := len(f.calls) - 1; i >= 0; i-- {
		if f.calls[i].state != "ended" {
			continue
		}
		if ended++; ended > keepEnded {
			f.calls = slices.Delete(f.calls, i, i+1)
		}
	}
}

// Request handles a new server transaction.
func (f *Farm) Request(tx *sip.ServerTx) {
	m := tx.Request
	if to := m.Tag("To"); to != "" {
		c := f.find(m.CallID(), to, m.Tag("From"))
		if c == nil {
			tx.Reply(481, "Call/Transaction Does Not Exist", "")
			return
		}
		c.inside(tx)
		return
	}
	switch m.Method {
	case "INVITE":
		f.invited(tx)
	case "OPTIONS":
		tx.Reply(200, "OK", sip.Token())
	case "MESSAGE":
		f.letter(tx)
	default:
		tx.Reply(405, "Method Not Allowed", sip.Token())
	}
}

func (f *Farm) find(callID, local, remote string) *Call {
	for _, c := range f.calls {
		if c.dialog.callID == callID && c.dialog.localTag == local && (c.dialog.remoteTag == remote || c.early[remote] != nil) {
			return c
		}
	}
	return nil
}

// Ack ends the wait for the ACK of a 2xx.
func (f *Farm) Ack(m *sip.Message, _ sip.Source) {
	if c := f.find(m.CallID(), m.Tag("To"), m.Tag("From")); c != nil {
		c.acked(m)
	}
}

// Cancel ends every dialog of a cancelled INVITE.
func (f *Farm) Cancel(tx *sip.ServerTx) {
	for _, c := range f.byTx[tx] {
		c.end("cancelled by the caller")
	}
	tx.Reply(487, "Request Terminated", sip.Token())
}

// Stray drops a response that no transaction waits for.
func (f *Farm) Stray(*sip.Message, sip.Source) {}

// Broken notes a message that cannot be parsed.
func (f *Farm) Broken(err error, _ sip.Source) {
	f.faults = append(f.faults, Fault{Time: time.Now(), Kind: "malformed", Text: err.Error()})
}
