package rx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"causeway/diameter/dict"
	"causeway/diameter/peer"

	"github.com/fiorix/go-diameter/v4/diam"
)

// Deps is what a client works with.
type Deps struct {
	Log *slog.Logger
	// OriginStateID must be the same for every Client of one process, and greater after a restart: a PCRF drops the
	// sessions of an origin whose id has grown (RFC 6733 8.16). 0 takes the time of New in seconds, which is right
	// where a process makes one Client in its life.
	OriginStateID uint32
	// Dial makes the connection to a peer; nil for TCP.
	Dial func(ctx context.Context, address string) (net.Conn, error)
}

// Client is the gateway's side of Rx. Make one with New and let Run run; everything is safe for concurrent use.
type Client struct {
	cfg        Config
	deps       Deps
	dictionary *dict.Dictionary
	peers      *peer.Manager
	events     *mailbox
	epoch      string // of Session-Ids: seconds of New
	serial     atomic.Uint64
	count      counters

	life context.Context // ends when the STRs at the end of Run have had their time
	end  context.CancelFunc
	work sync.WaitGroup // STRs in the background

	mu       sync.RWMutex // guards the following
	sessions map[string]*Session
	closed   bool
}

// counters are written as things happen.
type counters struct {
	outcomes                                   [4]atomic.Uint64
	late, terminated, abandoned, lostAtPCRF    atomic.Uint64
	aborts, reauths, unknown, overload, failed atomic.Uint64
}

// Stats is a snapshot of the client's counters.
type Stats struct {
	Sessions   int               // Rx sessions the PCRF may hold now
	Outcomes   map[string]uint64 // authorisations by name of their [Outcome]
	Late       uint64            // answers that came after Authorize had returned
	Terminated uint64            // STRs answered
	Abandoned  uint64            // STRs given up: the PCRF may hold the session until it notices
	LostAtPCRF uint64            // sessions made anew because the PCRF had forgotten them
	Aborts     uint64            // ASRs for sessions of ours
	ReAuths    uint64            // RARs for sessions of ours
	Unknown    uint64            // ASRs and RARs for sessions that are not (answered 5002)
	Overload   uint64            // RARs answered 3004 because the session's events were not taken
	Failed     uint64            // Authorize calls that returned an error
	Peers      []peer.PeerStats
	PendingRx  int // requests waiting for an answer
}

// New checks the configuration and builds the client. It connects nowhere before Run.
func New(cfg Config, deps Deps) (*Client, error) {
	if !cfg.Enabled() {
		return nil, errors.New("rx: no peers are configured")
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("rx: %w", err)
	}
	if deps.Log == nil {
		return nil, errors.New("rx: a log is needed")
	}
	now := time.Now().Unix()
	if deps.OriginStateID == 0 {
		deps.OriginStateID = uint32(now & math.MaxUint32)
	}
	d, err := dict.New()
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, deps: deps, dictionary: d, events: newMailbox(), epoch: strconv.FormatInt(now, 10),
		sessions: make(map[string]*Session)}
	c.life, c.end = context.WithCancel(context.Background())
	c.peers, err = peer.New(cfg.peers(), peer.Deps{
		Log: deps.Log, Dictionary: d, OriginStateID: deps.OriginStateID, Dial: deps.Dial, Serve: c.serve,
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Run keeps the connections until ctx ends. It then ends every session with an STR, waits for those up to
// Config.Timeout, takes leave of the peers with DPR and returns nil. It is called once.
func (c *Client) Run(ctx context.Context) error {
	peers, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	failed := make(chan error, 1)
	var rooms sync.WaitGroup
	rooms.Go(func() { failed <- c.peers.Run(peers) })
	rooms.Go(func() { c.events.run(peers) })
	defer rooms.Wait()
	select {
	case err := <-failed:
		stop()
		c.end()
		return err
	case <-ctx.Done():
	}
	c.farewell()
	stop()
	return <-failed
}

// farewell ends what is left, in bounded time.
func (c *Client) farewell() {
	c.mu.RLock()
	open := make([]*Session, 0, len(c.sessions))
	for _, s := range c.sessions {
		open = append(open, s)
	}
	c.mu.RUnlock()
	for _, s := range open {
		s.Terminate(CauseAdministrative)
	}
	c.mu.Lock()
	c.closed = true // from here on nothing is added to work
	c.mu.Unlock()
	timer := time.AfterFunc(c.cfg.Timeout, c.end)
	c.work.Wait()
	timer.Stop()
	c.end()
}

// background runs f in a goroutine that Run waits for. It reports false when the client has been closed.
func (c *Client) background(f func()) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return false
	}
	c.work.Go(f)
	return true
}

// Ready says whether the PCRF would be asked now.
func (c *Client) Ready() bool { return c.peers.Ready() }

// Stats returns a snapshot.
func (c *Client) Stats() Stats {
	c.mu.RLock()
	n := len(c.sessions)
	c.mu.RUnlock()
	p := c.peers.Stats()
	s := Stats{
		Sessions: n, Outcomes: make(map[string]uint64, len(c.count.outcomes)),
		Late: c.count.late.Load(), Terminated: c.count.terminated.Load(), Abandoned: c.count.abandoned.Load(),
		LostAtPCRF: c.count.lostAtPCRF.Load(), Aborts: c.count.aborts.Load(), ReAuths: c.count.reauths.Load(),
		Unknown: c.count.unknown.Load(), Overload: c.count.overload.Load(), Failed: c.count.failed.Load(),
		Peers: p.Peers, PendingRx: p.Pending,
	}
	for o := range c.count.outcomes {
		s.Outcomes[Outcome(o).String()] = c.count.outcomes[o].Load()
	}
	return s
}

// newID makes a Session-Id (RFC 6733 8.8).
func (c *Client) newID() string {
	return c.cfg.OriginHost + ";" + c.epoch + ";" + strconv.FormatUint(c.serial.Add(1), 10) + ";rx"
}

// add makes a session known to requests of the PCRF.
func (c *Client) add(id string, s *Session) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrEnded
	}
	if len(c.sessions) >= c.cfg.MaxSessions {
		return fmt.Errorf("rx: %d sessions are open, no more are allowed", len(c.sessions))
	}
	c.sessions[id] = s
	return nil
}

// remove forgets a session.
func (c *Client) remove(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sessions, id)
}

// find returns the session of a request, nil when it is not ours.
func (c *Client) find(id string) *Session {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.sessions[id]
}

// serve answers a request of the PCRF; it runs in the peer's loop.
func (c *Client) serve(req *diam.Message) *diam.Message {
	var on func(*Session, dict.AVPs) uint32
	switch req.Header.CommandCode {
	case dict.CommandAbortSession:
		on = c.abort
	case dict.CommandReAuth:
		on = c.reauth
	default:
		return nil
	}
	list := dict.AVPs(req.AVP)
	id, ok := list.Text(dict.CodeSessionID, 0)
	if !ok {
		a := c.reply(req, dict.ResultMissingAVP)
		a.AddAVP(dict.FailedAVP(dict.CodeSessionID, 0, 1))
		return a
	}
	s := c.find(id)
	if s == nil {
		c.count.unknown.Add(1)
		return c.reply(req, dict.ResultUnknownSessionID)
	}
	return c.reply(req, on(s, list))
}

// reply makes an answer with our origin (TS 29.214 5.6.4, 5.6.8).
func (c *Client) reply(req *diam.Message, result uint32) *diam.Message {
	a := c.dictionary.Answer(req, result)
	a.AddAVP(dict.OriginHost(c.cfg.OriginHost))
	a.AddAVP(dict.OriginRealm(c.cfg.OriginRealm))
	a.AddAVP(dict.OriginStateID(c.deps.OriginStateID))
	return a
}
