package messaging

import (
	"encoding/hex"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/sip/cpim"
)

// FuzzReceive: whatever comes as a message is answered once, panics nothing, and leaves bounded state.
func FuzzReceive(f *testing.F) {
	f.Add("text/plain", []byte("hi"))
	f.Add(cpim.Type, cpim.Message{ID: "1", Asks: cpim.Asks{Delivery: true, Display: true}, ContentType: "text/plain", Content: []byte("hi")}.Write())
	f.Add(cpim.Type, cpim.Message{ContentType: cpim.TypeNotified, Content: cpim.Notification{ID: "1", About: cpim.Display, Status: cpim.Displayed}.Write()}.Write())
	f.Add(cpim.TypeComposing, []byte(`<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>active</state></isComposing>`))
	short, _ := hex.DecodeString("010707915155050101f10016040b915155050101f1000062110181000000 0a"[:62])
	f.Add(typeShort, short)
	f.Add(typeShort, []byte{3, 1})
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		synctest.Test(t, func(t *testing.T) {
			u := newUser(t, New(DefaultConfig()))
			for range 2 {
				if s := u.gets(from(bob, contentType, body)); *s < 200 || *s > 499 {
					t.Fatalf("answered %d", *s)
				}
			}
			time.Sleep(time.Hour) // what waits for more is given up
			synctest.Wait()
			if _, some := u.box.parts.Deadline(); some || len(u.box.held) > 0 || len(u.box.sent) > 0 {
				t.Fatal("something waits for ever")
			}
		})
	})
}
