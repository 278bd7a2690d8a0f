package fork

import (
	"fmt"
	"slices"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// TestAnswers: what the caller hears and who is told that it is over, for every course a fork can take.
func TestAnswers(t *testing.T) {
	type said struct{ arm, status int }
	for _, c := range []struct {
		name      string
		said      []said
		heard     []int
		withdrawn []int
	}{
		{"first answer wins", []said{{0, 180}, {1, 180}, {1, 200}, {0, 487}, {2, 487}}, []int{180, 180, 200}, []int{0, 2}},
		{"a second answer goes nowhere", []said{{0, 200}, {1, 200}, {0, 200}}, []int{200, 200}, []int{1, 2}},
		{"declined for all", []said{{0, 180}, {2, 603}, {0, 487}, {1, 487}}, []int{180, 603}, []int{0, 1}},
		{"the others ring on", []said{{0, 486}, {1, 180}, {1, 200}}, []int{180, 200}, []int{2}},
		{"best refusal", []said{{0, 503}, {1, 486}, {2, 480}}, []int{486}, nil},
		{"nobody was reached", []said{{0, 503}, {1, 408}, {2, 487}}, []int{408}, nil},
		{"a refusal twice is one", []said{{0, 486}, {0, 486}, {1, 486}}, nil, nil},
		{"after the end", []said{{0, 486}, {1, 486}, {2, 486}, {1, 180}, {2, 200}}, []int{486}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var heard, withdrawn []int
			invite := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", Host: "h"})
			a := New(invite, 3, func(r *sip.Response) error { heard = append(heard, r.StatusCode); return nil }, func(arm int) { withdrawn = append(withdrawn, arm) })
			for _, s := range c.said {
				before := len(heard)
				if err := a.Arm(s.arm).Respond(sip.NewResponse(s.status, "x")); (err != nil) != (s.status == 200 && len(heard) == before) {
					t.Fatal(err)
				}
			}
			if !slices.Equal(heard, c.heard) || !slices.Equal(withdrawn, c.withdrawn) {
				t.Fatalf("heard %v, withdrawn %v, want %v", heard, withdrawn, fmt.Sprint(c.heard, c.withdrawn))
			}
			if a.Arm(0).Request() != invite {
				t.Fatal("another request")
			}
		})
	}
}
