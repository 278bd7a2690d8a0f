package bridge

import (
	"testing"
	"testing/synctest"
	"time"

	"causeway/media/packet"
)

// TestPackets: each side gets packets as long as it wants them, whatever the other side sends.
func TestPackets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toCore, toAccess := recorder{make(chan heardPacket, 500)}, recorder{make(chan heardPacket, 500)}
		b := New(Config{Registry: registry(), Crew: crew(t), Pool: packet.NewPool(), ToCore: toCore, ToAccess: toAccess, CoreSSRC: 7, AccessSSRC: 8})
		defer b.Close()
		core := codec("PCMA", 8, 8000)
		core.PTime = 40 * time.Millisecond // a=ptime:40, a=maxptime:60
		b.Set(Side{Codecs: []packet.Codec{codec("PCMU", 0, 8000)}}, Side{Codecs: []packet.Codec{core}}, Gates{true, true})
		for i := range 60 {
			buf, h := input160(1, uint16(i), uint32(i)*160)
			h.PayloadType = 0
			b.FromAccess(buf, h, time.Now())
			if i%3 == 0 {
				h := packet.RTP{PayloadType: 8, SSRC: 2, Sequence: uint16(i / 3), Timestamp: uint32(i) * 160, Offset: packet.HeaderSize, End: packet.HeaderSize + 480}
				b.FromCore(h.Put(make([]byte, packet.HeaderSize+480, packet.BufferSize)), h, time.Now())
			}
			time.Sleep(20 * time.Millisecond)
			synctest.Wait()
		}
		for _, c := range []struct {
			out          recorder
			count, octet int
		}{{toCore, 30, 320}, {toAccess, 60, 160}} {
			n, last := len(c.out.ch), packet.RTP{}
			for i := range n {
				p := <-c.out.ch
				if len(p.payload) != c.octet || i > 0 && (p.Timestamp-last.Timestamp != uint32(c.octet) || p.Sequence != last.Sequence+1) {
					t.Fatalf("packet %d: %d octets, %+v after %+v", i, len(p.payload), p.RTP, last)
				}
				last = p.RTP
			}
			if n < c.count-1 || n > c.count {
				t.Errorf("%d packets of %d octets, want %d", n, c.octet, c.count)
			}
		}
	})
}

// TestKeysAreNoLoss: telephone-events share the numbers of the sound around them (RFC 4733 2.6). Where that is converted they are
// neither waited for nor counted as lost, or the far end's encoder would be asked for a lower mode at each key.
func TestKeysAreNoLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := recorder{make(chan heardPacket, 500)}
		keys := 0
		b := New(Config{Registry: registry(), Crew: crew(t), Pool: packet.NewPool(), ToCore: &sink{}, ToAccess: out, CoreSSRC: 7, AccessSSRC: 8,
			Digit: func(rune, time.Duration) { keys++ }})
		defer b.Close()
		b.Set(Side{Codecs: []packet.Codec{codec("PCMU", 0, 8000)}},
			Side{Codecs: []packet.Codec{codec("PCMA", 8, 8000)}, Events: []packet.Codec{codec("telephone-event", 101, 8000)}}, Gates{true, true})
		began := uint32(0)
		for i := range uint32(60) {
			buf, h := input160(1, uint16(i), i*160)
			if h.PayloadType = 8; i%20 >= 10 && i%20 < 16 { // a key of 120 ms
				if i%20 == 10 {
					began = h.Timestamp
				}
				h.PayloadType, h.Timestamp, h.End = 101, began, h.Offset+packet.EventSize
				packet.Event{Code: 5, End: i%20 > 13, Duration: uint16(i%20-9) * 160}.Put(buf[h.Offset:])
			}
			if i == 47 {
				continue // this one is lost
			}
			b.FromCore(buf, h, time.Now())
			if i == 36 { // the first sound after the second key
				before := len(out.ch)
				synctest.Wait()
				if len(out.ch) == before {
					t.Error("sound waits behind a key")
				}
			}
			time.Sleep(20 * time.Millisecond)
		}
		synctest.Wait()
		_, down := b.Stats()
		if c := down.Convert; c.Lost != 1 || c.Pushed != 41 || c.Late+c.Duplicate+c.Restarts != 0 || keys != 3 {
			t.Errorf("%d keys, %+v", keys, c)
		}
	})
}
