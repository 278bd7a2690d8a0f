// Package core is the IMS leg: plain RTP and RTCP on one even/odd port pair.
//
//	RTP socket  ──▶ source == address in the SDP? ──no──▶ counted, dropped
//	                         │yes
//	                         ▼
//	               statistics ──▶ Owner.CoreRTP
//	RTCP socket ──▶ source == RTCP address? ──▶ statistics
//	Leg.SendRTP ──▶ RTP address
//	Leg.Report  ──▶ RTCP address, own SSRC and CNAME
//
// One packet: the source address and port are compared with the one in the
// current SDP, and nothing else ever counts. Addresses are never learnt from
// packets: both are known here, and learning is what lets a stranger take over a
// stream (RTP bleed) or speak into it. Before SDP came, nothing is accepted; no
// packet, wrong or right, is ever answered.
//
// The leg also watches for silence: RTP and RTCP both missing for longer than
// the set time is a lost far end. The watch begins with the first packet from
// the current address, because an early dialog may ring for minutes without
// media, and it begins anew when the address or the time that is allowed changes
// (the end of a hold).
package core
