package ice

import (
	"encoding/binary"

	"github.com/pion/stun/v3"
)

// Build writes a check: name is the browser's user fragment, a colon and ours, pwd the browser's password (RFC 8445 7.2.2).
func (c Check) Build(name, pwd string, tiebreaker uint64) ([]byte, error) {
	role := stun.RawAttribute{Type: stun.AttrICEControlled, Value: binary.BigEndian.AppendUint64(nil, tiebreaker)}
	if c.Controlling {
		role.Type = stun.AttrICEControlling
	}
	list := []stun.Setter{
		stun.NewTransactionIDSetter(c.ID), stun.BindingRequest, stun.NewUsername(name),
		stun.RawAttribute{Type: stun.AttrPriority, Value: binary.BigEndian.AppendUint32(nil, c.Priority)}, role,
	}
	if c.Use && c.Controlling {
		list = append(list, stun.RawAttribute{Type: stun.AttrUseCandidate})
	}
	msg, err := stun.Build(append(list, stun.NewShortTermIntegrity(pwd), stun.Fingerprint)...)
	if err != nil {
		return nil, err
	}
	return msg.Raw, nil
}

// IsAnswer tells an answer to a check from a check by its first octets (RFC 8489 5). b has at least two.
func IsAnswer(b []byte) bool { return b[0]&1 != 0 }

// ParseAnswer reads an answer to a Binding request; nothing of it is verified yet but its FINGERPRINT. msg is the caller's scratch
// and keeps b.
func ParseAnswer(msg *stun.Message, b []byte) (tag uint32, ok bool) {
	if len(b) < 20 || binary.BigEndian.Uint32(b[4:]) != 0x2112A442 || len(b) != 20+int(binary.BigEndian.Uint16(b[2:])) {
		return 0, false
	}
	msg.Raw = b
	if msg.Decode() != nil || msg.Type != stun.BindingSuccess && msg.Type != stun.BindingError || len(msg.Attributes) > 32 {
		return 0, false
	}
	if msg.Contains(stun.AttrFingerprint) && stun.Fingerprint.Check(msg) != nil {
		return 0, false
	}
	return binary.BigEndian.Uint32(msg.TransactionID[:]), true
}

// Authentic checks an answer's MESSAGE-INTEGRITY with the browser's password.
func Authentic(msg *stun.Message, pwd string) bool {
	return stun.NewShortTermIntegrity(pwd).Check(msg) == nil
}

// Conflicting reports a 487.
func Conflicting(msg *stun.Message) bool {
	var code stun.ErrorCodeAttribute
	return msg.Type == stun.BindingError && code.GetFrom(msg) == nil && code.Code == stun.CodeRoleConflict
}
