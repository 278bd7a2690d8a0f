package transaction

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// matrix is every listed pair of every machine, as "State Input -> State: actions". What is not here is ignored or,
// for the Say inputs and a client's Cancel, refused to the user.
const matrix = `
client INVITE
Calling Sent -> Calling: retransmit=T1
Calling SentReliable -> Calling:
Calling SendFailed -> Terminated: error!
Calling Res1xx -> Proceeding: pass retransmit=off timer=off
Calling Res2xx -> Accepted: pass retransmit=off timer=64T1
Calling ResFinal -> Completed: ack pass retransmit=off timer=64T1|0
Calling Cancel -> Calling: hold
Calling RetransmitDue -> Calling: send retransmit*2
Calling TimeoutDue -> Terminated: timeout!
Proceeding Sent -> Proceeding:
Proceeding SentReliable -> Proceeding:
Proceeding SendFailed -> Proceeding:
Proceeding Res1xx -> Proceeding: pass
Proceeding Res2xx -> Accepted: pass timer=64T1
Proceeding ResFinal -> Completed: ack pass timer=64T1|0
Proceeding Cancel -> Proceeding: cancel timer=64T1
Proceeding TimeoutDue -> Terminated: timeout!
Completed Sent -> Completed:
Completed SentReliable -> Completed:
Completed SendFailed -> Terminated:
Completed Res1xx -> Completed: absorb
Completed Res2xx -> Completed: stray
Completed ResFinal -> Completed: ack absorb
Completed TimeoutDue -> Terminated:
Accepted Sent -> Accepted:
Accepted SentReliable -> Accepted:
Accepted SendFailed -> Accepted:
Accepted Res1xx -> Accepted: absorb
Accepted Res2xx -> Accepted: pass
Accepted ResFinal -> Accepted: absorb
Accepted TimeoutDue -> Terminated:
client other
Trying Sent -> Trying: retransmit=T1
Trying SentReliable -> Trying:
Trying SendFailed -> Terminated: error!
Trying Res1xx -> Proceeding: pass
Trying Res2xx -> Completed: pass retransmit=off timer=T4|0
Trying ResFinal -> Completed: pass retransmit=off timer=T4|0
Trying RetransmitDue -> Trying: send retransmit*2<T2
Trying TimeoutDue -> Terminated: timeout!
Proceeding Sent -> Proceeding:
Proceeding SentReliable -> Proceeding:
Proceeding SendFailed -> Terminated: error!
Proceeding Res1xx -> Proceeding: pass
Proceeding Res2xx -> Completed: pass retransmit=off timer=T4|0
Proceeding ResFinal -> Completed: pass retransmit=off timer=T4|0
Proceeding RetransmitDue -> Proceeding: send retransmit=T2
Proceeding TimeoutDue -> Terminated: timeout!
Completed Sent -> Completed:
Completed SentReliable -> Completed:
Completed SendFailed -> Completed:
Completed Res1xx -> Completed: absorb
Completed Res2xx -> Completed: absorb
Completed ResFinal -> Completed: absorb
Completed TimeoutDue -> Terminated:
server INVITE
Proceeding Sent -> Proceeding:
Proceeding SentReliable -> Proceeding:
Proceeding SendFailed -> Proceeding: error!
Proceeding Cancel -> Proceeding: cancelled
Proceeding Repeat -> Proceeding: resend absorb
Proceeding Ack -> Proceeding: absorb
Proceeding Say1xx -> Proceeding: send trying=off
Proceeding Say2xx -> Accepted: send timer=64T1 trying=off
Proceeding SayFinal -> Completed: send retransmit=T1 timer=64T1 trying=off
Proceeding TryingDue -> Proceeding: 100
Completed Sent -> Completed:
Completed SentReliable -> Completed:
Completed SendFailed -> Completed: error!
Completed Cancel -> Completed: absorb
Completed Repeat -> Completed: resend absorb
Completed Ack -> Confirmed: pass retransmit=off timer=T4|0
Completed RetransmitDue -> Completed: resend retransmit*2<T2
Completed TimeoutDue -> Terminated: noack!
Confirmed Sent -> Confirmed:
Confirmed SentReliable -> Confirmed:
Confirmed SendFailed -> Confirmed:
Confirmed Cancel -> Confirmed: absorb
Confirmed Repeat -> Confirmed: absorb
Confirmed Ack -> Confirmed: absorb
Confirmed TimeoutDue -> Terminated:
Accepted Sent -> Accepted:
Accepted SentReliable -> Accepted:
Accepted SendFailed -> Accepted: error!
Accepted Cancel -> Accepted: absorb
Accepted Repeat -> Accepted: absorb
Accepted Ack -> Accepted: stray
Accepted Say2xx -> Accepted: send
Accepted TimeoutDue -> Terminated:
server other
Trying Cancel -> Trying: absorb
Trying Repeat -> Trying: absorb
Trying Say1xx -> Proceeding: send
Trying Say2xx -> Completed: send timer=64T1|0
Trying SayFinal -> Completed: send timer=64T1|0
Trying TimeoutDue -> Terminated: timeout!
Proceeding Sent -> Proceeding:
Proceeding SentReliable -> Proceeding:
Proceeding SendFailed -> Proceeding: error!
Proceeding Cancel -> Proceeding: absorb
Proceeding Repeat -> Proceeding: resend absorb
Proceeding Say1xx -> Proceeding: send
Proceeding Say2xx -> Completed: send timer=64T1|0
Proceeding SayFinal -> Completed: send timer=64T1|0
Proceeding TimeoutDue -> Terminated: timeout!
Completed Sent -> Completed:
Completed SentReliable -> Completed:
Completed SendFailed -> Completed: error!
Completed Cancel -> Completed: absorb
Completed Repeat -> Completed: resend absorb
Completed TimeoutDue -> Terminated:
Terminated SendFailed -> Terminated: error!
`

type named struct {
	name  string
	table *table
	start State
}

func machines() []named {
	return []named{
		{"client INVITE", clientInvite(), Calling}, {"client other", clientOther(), Trying},
		{"server INVITE", serverInvite(), Proceeding}, {"server other", serverOther(), Trying},
	}
}

// TestMatrix compares every state and input of every machine with the list above.
func TestMatrix(t *testing.T) {
	var b strings.Builder
	for _, m := range machines() {
		b.WriteString("\n" + m.name)
		for s := range states {
			for in := range inputs {
				if r := m.table[s][in]; r.ok {
					b.WriteString(strings.TrimRight("\n"+s.String()+" "+in.String()+" -> "+r.next.String()+": "+r.do.String(), " "))
				}
			}
		}
	}
	got, want := strings.Split(b.String(), "\n"), strings.Split(strings.TrimRight(matrix, "\n"), "\n")
	for i := range max(len(got), len(want)) {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("line %d:\n got %s\nwant %s", i, g, w)
		}
	}
}

// TestRandomWalk: whatever happens in whatever order, a machine that is left alone ends within 64*T1 of its last
// progress (only ringing has no end), Terminated is left by nothing, and every clock is in the future when it is set.
func TestRandomWalk(t *testing.T) {
	timers := DefaultTimers()
	for _, m := range machines() {
		for seed := range uint64(500) {
			r := rand.New(rand.NewPCG(seed, 1))
			x := machine{table: m.table, timers: &timers, state: m.start, reliable: r.IntN(2) == 0}
			now := time.Unix(1000, 0)
			x.clocks(set64T1, now)
			for range 40 {
				before := x.state
				in := Input(r.IntN(int(RetransmitDue)))
				if _, ok := x.step(in, now); ok && before == Terminated && x.state != Terminated {
					t.Fatalf("%s left Terminated by %v", m.name, in)
				}
				for _, at := range []time.Time{x.retransmitAt, x.timeoutAt, x.tryingAt} {
					if !at.IsZero() && at.Before(now) {
						t.Fatalf("%s: clock in the past after %v", m.name, in)
					}
				}
				now = now.Add(time.Duration(r.Int64N(int64(2 * time.Second))))
				for in, ok := x.due(now); ok; in, ok = x.due(now) {
					x.step(in, now)
				}
			}
			for i := 0; x.state != Terminated && !x.next().IsZero(); i++ {
				if i > 200 {
					t.Fatalf("%s never ends", m.name)
				}
				now = x.next()
				for in, ok := x.due(now); ok; in, ok = x.due(now) {
					x.step(in, now)
				}
			}
			if x.state != Terminated && x.state != Proceeding {
				t.Fatalf("%s is stuck in %v", m.name, x.state)
			}
			if !x.next().IsZero() {
				t.Fatalf("%s: a clock runs on in %v", m.name, x.state)
			}
		}
	}
}

func TestTimersValidate(t *testing.T) {
	if err := DefaultTimers().Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Timers){
		"t1":               func(x *Timers) { x.T1 = 0 },
		"t2":               func(x *Timers) { x.T2 = time.Millisecond },
		"t4":               func(x *Timers) { x.T4 = -1 },
		"trying":           func(x *Timers) { x.Trying = 0 },
		"max_transactions": func(x *Timers) { x.MaxTransactions = 0 },
		"retry_after":      func(x *Timers) { x.RetryAfter = 0 },
	} {
		timers := DefaultTimers()
		change(&timers)
		if err := timers.Validate(); err == nil || !strings.HasPrefix(err.Error(), want+":") {
			t.Errorf("%s: %v", want, err)
		}
	}
}
