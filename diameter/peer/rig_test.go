package peer

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"causeway/diameter/dict"
	"causeway/diameter/farend"

	"github.com/fiorix/go-diameter/v4/diam"
)

// rig is a manager with its far ends, running inside a synctest bubble.
type rig struct {
	*Manager
	t    *testing.T
	far  []*farend.Node
	stop func() // ends Run and waits
}

func newRig(t *testing.T, peers int, change func(*Config, *Deps)) *rig {
	t.Helper()
	d, err := dict.New()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t}
	cfg := Config{OriginHost: "gw.example", OriginRealm: "example"}
	byName := make(map[string]*farend.Node)
	for i := range peers {
		f := farend.NewNode(t)
		r.far = append(r.far, f)
		name := string(rune('a'+i)) + ":3868"
		cfg.Peers = append(cfg.Peers, name)
		byName[name] = f
	}
	deps := Deps{
		Log: slog.New(slog.DiscardHandler), Dictionary: d, OriginStateID: 77,
		Dial: func(ctx context.Context, a string) (net.Conn, error) { return byName[a].Dial(ctx, a) },
		Serve: func(req *diam.Message) *diam.Message {
			if req.Header.CommandCode != dict.CommandReAuth {
				return nil
			}
			return d.Answer(req, 2001)
		},
	}
	if change != nil {
		change(&cfg, &deps)
	}
	if r.Manager, err = New(cfg, deps); err != nil {
		t.Fatal(err)
	}
	r.stop = farend.Run(t, r.Run, r.far)
	return r
}

// ask sends an STR-like request and waits.
func (r *rig) ask(ctx context.Context, session string, change func(*Request)) (*diam.Message, error) {
	m := r.NewRequest(dict.CommandSessionTermination)
	m.AddAVP(dict.SessionID(session))
	q := Request{Message: m, SessionID: session}
	if change != nil {
		change(&q)
	}
	return r.Do(ctx, q)
}

// works fails the test unless a request is answered within limit, tried every 100 ms.
func (r *rig) works(limit time.Duration) {
	r.t.Helper()
	begin := time.Now()
	for time.Since(begin) <= limit {
		if _, err := r.ask(r.t.Context(), "probe", nil); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond) // the bubble's time
	}
	r.t.Fatalf("no answer within %v: %+v", limit, r.Stats())
}
