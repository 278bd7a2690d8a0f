package dict

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/fiorix/go-diameter/v4/diam"
)

// TestBytes holds every typed AVP against its octets, written out from RFC 6733 4.1 and TS 29.214 5.3 by a program
// that shares nothing with this one.
func TestBytes(t *testing.T) {
	d := newDictionary(t)
	for _, c := range []struct {
		name string
		avp  *diam.AVP
		want string
	}{
		{"Session-Id", SessionID("gw.example;1;2;rx"),
			"000001074000001967772e6578616d706c653b313b323b7278000000"},
		{"Origin-Host", OriginHost("gw.example"),
			"000001084000001267772e6578616d706c650000"},
		{"Origin-Realm", OriginRealm("example"),
			"000001284000000f6578616d706c6500"},
		{"Destination-Host", DestinationHost("pcrf.example"),
			"0000012540000014706372662e6578616d706c65"},
		{"Destination-Realm", DestinationRealm("example"),
			"0000011b4000000f6578616d706c6500"},
		{"Auth-Application-Id", AuthApplicationID(ApplicationRx),
			"000001024000000c01000014"},
		{"Vendor-Id", VendorID(Vendor3GPP),
			"0000010a4000000c000028af"},
		{"Supported-Vendor-Id", SupportedVendorID(VendorETSI),
			"000001094000000c000032db"},
		{"Vendor-Specific-Application-Id", VendorSpecificApplicationID(Vendor3GPP, ApplicationRx),
			"00000104400000200000010a4000000c000028af000001024000000c01000014"},
		{"Origin-State-Id", OriginStateID(7),
			"000001164000000c00000007"},
		{"Product-Name", ProductName("Causeway"),
			"0000010d000000104361757365776179"},
		{"Host-IP-Address v4", HostIPAddress(netip.MustParseAddr("192.0.2.1")),
			"000001014000000e0001c00002010000"},
		{"Host-IP-Address v6", HostIPAddress(netip.MustParseAddr("2001:db8::1")),
			"000001014000001a000220010db80000000000000000000000010000"},
		{"Result-Code", ResultCode(ResultSuccess),
			"0000010c4000000c000007d1"},
		{"Error-Message", ErrorMessage("no"),
			"000001190000000a6e6f0000"},
		{"Failed-AVP base", FailedAVP(CodeSessionID, 0, 1),
			"0000011740000014000001074000000900000000"},
		{"Failed-AVP 3GPP", FailedAVP(CodeSpecificAction, Vendor3GPP, 4),
			"000001174000001800000201c0000010000028af00000000"},
		{"Framed-IP-Address", FramedIP(netip.MustParseAddr("192.0.2.1")),
			"000000084000000cc0000201"},
		{"Framed-IP-Address mapped", FramedIP(netip.MustParseAddr("::ffff:192.0.2.1")),
			"000000084000000cc0000201"},
		{"Framed-IPv6-Prefix", FramedIP(netip.MustParseAddr("2001:db8::1")),
			"000000614000001a008020010db80000000000000000000000010000"},
		{"Subscription-Id E164", Subscription{SubscriptionE164, "15550001"}.AVP(),
			"000001bb40000024000001c24000000c00000000000001bc400000103135353530303031"},
		{"Subscription-Id SIP URI", Subscription{SubscriptionSIPURI, "sip:a@example"}.AVP(),
			"000001bb4000002c000001c24000000c00000002000001bc400000157369703a61406578616d706c65000000"},
		{"AF-Application-Identifier", AFApplicationIdentifier("urn:x"),
			"000001f8c0000011000028af75726e3a78000000"},
		{"AF-Charging-Identifier", AFChargingIdentifier("icid-1"),
			"000001f9c0000012000028af696369642d310000"},
		{"IP-Domain-Id", IPDomainID("left"),
			"0000021980000010000028af6c656674"},
		{"Service-URN", ServiceURN("sos.fire"),
			"0000020dc0000014000028af736f732e66697265"},
		{"SIP-Forking-Indication single", ForkingIndication(false),
			"0000020bc0000010000028af00000000"},
		{"SIP-Forking-Indication several", ForkingIndication(true),
			"0000020bc0000010000028af00000001"},
		{"Reservation-Priority", ReservationPriority(5),
			"000001ca80000010000032db00000005"},
		{"Supported-Features", SupportedFeatures(FeatureRel8 | FeatureRel10),
			"0000027480000038000028af0000010a4000000c000028af0000027580000010000028af000000010000027680000010000028af00000011"},
		{"Media-Type", Video.AVP(),
			"00000208c0000010000028af00000001"},
		{"Media-Type other", OtherMedia.AVP(),
			"00000208c0000010000028afffffffff"},
		{"Flow-Status FlowEnabledUplink", FlowEnabledUplink.AVP(),
			"000001ffc0000010000028af00000000"},
		{"Flow-Status FlowEnabledDownlink", FlowEnabledDownlink.AVP(),
			"000001ffc0000010000028af00000001"},
		{"Flow-Status FlowEnabled", FlowEnabled.AVP(),
			"000001ffc0000010000028af00000002"},
		{"Flow-Status FlowDisabled", FlowDisabled.AVP(),
			"000001ffc0000010000028af00000003"},
		{"Flow-Status FlowRemoved", FlowRemoved.AVP(),
			"000001ffc0000010000028af00000004"},
		{"Flow-Usage", UsageRTCP.AVP(),
			"00000200c0000010000028af00000001"},
		{"Specific-Action", ActionOutOfCredit.AVP(),
			"00000201c0000010000028af00000007"},
		{"Service-Info-Status", StatusPreliminary.AVP(),
			"0000020fc0000010000028af00000001"},
		{"Rx-Request-Type", RequestUpdate.AVP(),
			"0000021580000010000028af00000001"},
		{"Required-Access-Info", AccessTimeZone.AVP(),
			"0000021880000010000028af00000001"},
		{"Termination-Cause", CauseAdministrative.AVP(),
			"000001274000000c00000004"},
		{"Disconnect-Cause", DisconnectRebooting.AVP(),
			"000001114000000c00000000"},
		{"Media-Sub-Component", Flow{Number: 1, UE: netip.MustParseAddrPort("192.0.2.1:50000"), Gateway: netip.MustParseAddrPort("198.51.100.9:4478")}.AVP(),
			"00000207c000009c000028af000001fdc0000010000028af00000001000001fbc000003c000028af7065726d697420696e2031372066726f6d203139322e302e322e3120746f203139382e35312e3130302e392034343738000001fbc0000043000028af7065726d6974206f75742031372066726f6d203139382e35312e3130302e39203434373820746f203139322e302e322e3120353030303000"},
		{"Media-Sub-Component v6 tcp rtcp", Flow{Number: 2, UE: netip.MustParseAddrPort("[2001:db8::1]:0"), Gateway: netip.MustParseAddrPort("[2001:db8::2]:9"), TCP: true, Usage: UsageRTCP, Status: FlowEnabled}.AVP(),
			"00000207c00000b4000028af000001fdc0000010000028af00000002000001fbc0000039000028af7065726d697420696e20362066726f6d20323030313a6462383a3a3120746f20323030313a6462383a3a322039000000000001fbc000003a000028af7065726d6974206f757420362066726f6d20323030313a6462383a3a32203920746f20323030313a6462383a3a310000000001ffc0000010000028af0000000200000200c0000010000028af00000001"},
		{"Media-Sub-Component signalling", Flow{Usage: UsageSignalling}.AVP(),
			"00000207c000003c000028af000001fdc0000010000028af0000000000000200c0000010000028af000000020000021180000010000028af00000001"},
		{"Media-Component-Description", MediaComponent{Number: 1, Type: Audio, Flows: []Flow{Flow{Number: 1, UE: netip.MustParseAddrPort("192.0.2.1:50000"), Gateway: netip.MustParseAddrPort("198.51.100.9:4478")}}, UplinkBps: 64000, DownlinkBps: 65000, RSBps: 400, RRBps: 1200, Status: FlowEnabled, CodecData: []string{"uplink\noffer\nm=audio 9 UDP 111\n"}}.AVP(),
			"00000205c0000144000028af00000206c0000010000028af0000000100000207c000009c000028af000001fdc0000010000028af00000001000001fbc000003c000028af7065726d697420696e2031372066726f6d203139322e302e322e3120746f203139382e35312e3130302e392034343738000001fbc0000043000028af7065726d6974206f75742031372066726f6d203139382e35312e3130302e39203434373820746f203139322e302e322e312035303030300000000208c0000010000028af0000000000000204c0000010000028af0000fa0000000203c0000010000028af0000fde8000001ffc0000010000028af000000020000020ac0000010000028af0000019000000209c0000010000028af000004b00000020cc000002b000028af75706c696e6b0a6f666665720a6d3d617564696f203920554450203131310a00"},
		{"Media-Component-Description signalling", MediaComponent{Flows: []Flow{{Usage: UsageSignalling}}}.AVP(),
			"00000205c0000058000028af00000206c0000010000028af0000000000000207c000003c000028af000001fdc0000010000028af0000000000000200c0000010000028af000000020000021180000010000028af00000001"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := c.avp.Serialize()
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(b); got != c.want {
				t.Fatalf("octets\n got %s\nwant %s", got, c.want)
			}
			// And back: our decoder finds the same AVP in them.
			m, err := d.Decode(frame(b))
			if err != nil {
				t.Fatal(err)
			}
			if again, err := m.AVP[0].Serialize(); err != nil || hex.EncodeToString(again) != c.want {
				t.Fatalf("decoded and serialised again: %x, %v", again, err)
			}
		})
	}
}

// TestOmittedStatus checks that the zero FlowStatus is no AVP at all: the wire's zero means uplink only.
func TestOmittedStatus(t *testing.T) {
	if a := FlowStatusOmitted.AVP(); a != nil {
		t.Fatalf("got %v", a)
	}
}

// TestFlags holds the flags the constructors set against those the dictionary says must be set.
func TestFlags(t *testing.T) {
	d := newDictionary(t)
	must := make(map[key]string)
	for _, app := range d.parser.Apps() {
		for _, a := range app.AVP {
			must[key{a.Code, a.VendorID}] = a.Must
		}
	}
	var walk func(list []*diam.AVP)
	walk = func(list []*diam.AVP) {
		for _, a := range list {
			want := uint8(0)
			text, listed := must[key{a.Code, a.VendorID}]
			if !listed {
				t.Errorf("AVP %d of vendor %d is not in the dictionary", a.Code, a.VendorID)
			}
			if strings.Contains(text, "V") {
				want |= 0x80
			}
			if strings.Contains(text, "M") {
				want |= 0x40
			}
			if a.Flags != want {
				t.Errorf("AVP %d of vendor %d has flags %#x, want %#x", a.Code, a.VendorID, a.Flags, want)
			}
			if g, ok := a.Data.(*diam.GroupedAVP); ok {
				walk(g.AVP)
			}
		}
	}
	c := MediaComponent{Number: 1, UplinkBps: 1, DownlinkBps: 1, RSBps: 1, RRBps: 1, Status: FlowEnabled,
		CodecData: []string{"uplink\noffer\n"},
		Flows: []Flow{{Number: 1, Usage: UsageSignalling, UE: netip.MustParseAddrPort("192.0.2.1:5"),
			Gateway: netip.MustParseAddrPort("192.0.2.2:5")}}}
	walk([]*diam.AVP{
		SessionID("s"), OriginHost("h"), OriginRealm("r"), DestinationHost("h"), DestinationRealm("r"),
		AuthApplicationID(1), VendorID(1), SupportedVendorID(1), VendorSpecificApplicationID(1, 2), OriginStateID(1),
		ProductName("p"), HostIPAddress(netip.IPv6Unspecified()), ResultCode(1), ErrorMessage("e"),
		FailedAVP(CodeSessionID, 0, 1), FramedIP(netip.IPv6Unspecified()), FramedIP(netip.IPv4Unspecified()),
		Subscription{}.AVP(), AFApplicationIdentifier("a"), AFChargingIdentifier("a"), IPDomainID("a"), ServiceURN("a"),
		ForkingIndication(true), ReservationPriority(1), SupportedFeatures(1), c.AVP(), ActionLossOfBearer.AVP(),
		StatusFinal.AVP(), RequestInitial.AVP(), AccessUserLocation.AVP(), CauseLogout.AVP(), DisconnectBusy.AVP(),
	})
}

func newDictionary(t testing.TB) *Dictionary {
	t.Helper()
	d, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// frame puts a Diameter header for an Rx answer before AVPs.
func frame(avps []byte) []byte {
	b := make([]byte, HeaderLength, HeaderLength+len(avps))
	binary.BigEndian.PutUint32(b, 1<<24|uint32(HeaderLength+len(avps)))
	binary.BigEndian.PutUint32(b[4:], CommandAA)
	binary.BigEndian.PutUint32(b[8:], ApplicationRx)
	return append(b, avps...)
}
