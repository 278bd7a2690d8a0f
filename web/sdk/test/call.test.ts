import assert from "node:assert/strict";
import test from "node:test";
import { Phone, PhoneError, type Call } from "../src/index";
import { bed, record, talking } from "./bed";
import { FakePlatform, loginResult, settle } from "./fake";

test("an outgoing call from dialing to the end", async () => {
  const { platform, phone, event } = await bed();
  const call = phone.call(" +1 (555) 01-01 ", { anonymous: true });
  const log = record(call);
  assert.equal(call.state, "dialing");
  assert.equal(call.remote.number, "+15550101");
  await settle();
  const start = platform.last.last("call.start").params;
  assert.deepEqual(start, { call: call.id, target: "+1 (555) 01-01", anonymous: true, sdp: "offer 1" });
  platform.last.answer("call.start", { call: call.id, sdp: "the answer" });
  await settle();
  assert.deepEqual(platform.media.legs[0]!.accepted, ["the answer"]);
  event("call.progress", { call: call.id, state: "trying", earlyMedia: false, sip: 100 });
  event("call.progress", { call: call.id, state: "ringing", earlyMedia: false, sip: 180 });
  assert.equal(platform.media.sound, "ringback");
  event("call.progress", { call: call.id, state: "early", earlyMedia: true, sip: 183 });
  assert.equal(platform.media.sound, "none", "no ringback over early media");
  event("call.accepted", { call: call.id, remote: { name: "Echo", number: "+15550101", anonymous: false }, startedAt: "2026-01-01T00:00:00Z" });
  assert.equal(call.startedAt?.toISOString(), "2026-01-01T00:00:00.000Z");
  event("call.ended", { call: call.id, duration: 5, cause: { code: 2013, name: "hangup", message: "", hint: "", by: "remote", sip: 200 } });
  event("call.ended", { call: call.id, duration: 5, cause: { code: 2005, name: "busy", message: "", hint: "", by: "remote" } });
  assert.deepEqual(log, ["ringing", "early", "active", "ended", "ended hangup by remote"]);
  assert.equal(call.endReason?.message, "The call has ended.");
  assert.equal(platform.media.legs[0]!.closed, 1);
  assert.equal(phone.calls.length, 0);
});

test("candidates wait for the gateway's answer and travel together", async () => {
  const { platform, phone } = await bed();
  const call = phone.call("1");
  await settle();
  const { listener } = platform.media.legs[0]!;
  listener.candidate({ candidate: "c1", sdpMid: "0" });
  listener.candidate({ candidate: "c2", sdpMid: "0" });
  await platform.timers.run(200);
  assert.equal(platform.last.all("call.candidates").length, 0);
  platform.last.answer("call.start", { call: call.id, sdp: "a" });
  await settle();
  assert.equal(platform.last.last("call.candidates").params.candidates.length, 2);
  listener.candidate(null);
  await platform.timers.run(60);
  assert.deepEqual(platform.last.last("call.candidates").params.candidates, [{ candidate: "", sdpMid: "0" }]);
});

test("no microphone ends the call with the reason and nothing is dialled", async () => {
  const { platform, phone } = await bed();
  platform.media.nextFails = new PhoneError("microphone_denied");
  const call = phone.call("1");
  const log = record(call);
  await settle();
  assert.deepEqual(log, ["ended", "ended microphone_denied by local"]);
  assert.equal(platform.last.all("call.start").length, 0);
});

test("a refused start ends the call with the gateway's error", async () => {
  const { platform, phone } = await bed();
  const call = phone.call("112");
  await settle();
  platform.last.refuse("call.start", 2017, "emergency_use_phone");
  await settle();
  assert.equal(call.endReason?.name, "emergency_use_phone");
  assert.equal(call.endReason?.code, 2017);
});

test("a call before the phone is ready ends with not_registered, after call() returned", async () => {
  const platform = new FakePlatform();
  const phone = new Phone({ platform, url: "ws://gw/ws", token: "t" });
  const call = phone.call("1");
  const log = record(call);
  assert.deepEqual(log, []);
  await settle();
  assert.deepEqual(log, ["ended", "ended not_registered by local"]);
});

test("hanging up at once tells the gateway, whatever it has answered", async () => {
  const { platform, phone, event } = await bed();
  const call = phone.call("1");
  const log = record(call);
  await settle();
  const gone = call.hangup();
  await call.hangup();
  assert.equal(platform.last.all("call.hangup").length, 1);
  platform.last.answer("call.start", { call: call.id, sdp: "a" });
  platform.last.answer("call.hangup");
  await gone;
  event("call.ended", { call: call.id, duration: 0, cause: { code: 2012, name: "cancelled", message: "", hint: "", by: "local" } });
  assert.deepEqual(log, ["ended", "ended cancelled by local"]);
});

test("hanging up before the microphone opened never reaches the gateway", async () => {
  const { platform, phone } = await bed();
  const call = phone.call("1");
  await call.hangup();
  await settle();
  assert.equal(platform.last.all("call.start").length + platform.last.all("call.hangup").length, 0);
  assert.equal(call.state, "ended");
});

test("a gateway that never confirms a hang-up does not keep the call", async () => {
  const { call, platform, log } = await talking();
  void call.hangup();
  await platform.timers.run(5_001);
  assert.equal(log.filter((l) => l.startsWith("ended ")).length, 1);
});

test("an incoming call rings, is answered and held by the other side", async () => {
  const { platform, phone, event } = await bed();
  const got: Call[] = [];
  phone.on("incoming", (c) => got.push(c));
  event("call.incoming", { call: "in1", remote: { number: "+1", anonymous: false }, called: "sip:a@x", sdp: "their offer" });
  const call = got[0]!;
  const log = record(call);
  assert.ok(platform.last.last("call.ringing"));
  assert.equal(platform.media.sound, "ring");
  const answered = call.answer();
  await assert.rejects(call.answer(), (e: PhoneError) => e.name === "call_state");
  await settle();
  assert.deepEqual(platform.media.legs[0]!.answered, ["their offer"]);
  assert.deepEqual(platform.last.last("call.answer").params, { call: "in1", sdp: "answer" });
  platform.last.answer("call.answer");
  await answered;
  assert.equal(platform.media.sound, "none");
  event("call.accepted", { call: "in1", remote: { number: "+1", anonymous: false }, startedAt: "2026-01-01T00:00:00Z" });
  event("call.hold", { call: "in1", local: false, remote: true });
  event("call.hold", { call: "in1", local: false, remote: false });
  assert.deepEqual(log, ["connecting", "active", "held", "active"]);
});

test("answering without a microphone says why and goes on ringing", async () => {
  const { platform, phone, event } = await bed();
  platform.media.nextFails = new PhoneError("microphone_busy");
  event("call.incoming", { call: "in1", remote: { anonymous: true }, called: "x", sdp: "o" });
  const call = phone.calls[0]!;
  await assert.rejects(call.answer(), (e: PhoneError) => e.code === 4007);
  assert.equal(call.state, "incoming");
  assert.equal(platform.media.sound, "ring");
  platform.media.legs[0]!.fails = null;
  const again = call.answer();
  await settle();
  platform.last.answer("call.answer");
  await again;
});

test("a replayed incoming call does not ring twice", async () => {
  const { platform, event, phone } = await bed();
  event("call.incoming", { call: "in1", remote: { anonymous: true }, called: "x", sdp: "o" });
  event("call.incoming", { call: "in1", remote: { anonymous: true }, called: "x", sdp: "o" });
  assert.equal(phone.calls.length, 1);
  assert.equal(platform.last.all("call.ringing").length, 1);
});

test("rejecting and the caller's giving up", async () => {
  const { platform, phone, event } = await bed();
  event("call.incoming", { call: "in1", remote: { anonymous: true }, called: "x", sdp: "o" });
  const first = phone.calls[0]!;
  const done = first.reject("busy");
  assert.deepEqual(platform.last.last("call.reject").params, { call: "in1", reason: "busy" });
  platform.last.answer("call.reject");
  await done;
  event("call.ended", { call: "in1", duration: 0, cause: { code: 2005, name: "busy", message: "", hint: "", by: "local" } });
  event("call.incoming", { call: "in2", remote: { anonymous: true }, called: "x", sdp: "o" });
  const second = phone.calls[0]!;
  event("call.ended", { call: "in2", duration: 0, cause: { code: 2014, name: "answered_elsewhere", message: "", hint: "", by: "remote" } });
  assert.equal(second.endReason?.name, "answered_elsewhere");
  await assert.rejects(second.reject(), (e: PhoneError) => e.name === "call_state");
});

test("mute, keys and quality", async () => {
  const { platform, call, leg, event } = await talking();
  const heard: unknown[] = [];
  call.on("mute", (m) => heard.push(m));
  call.on("dtmf", (d) => heard.push(d));
  call.on("quality", (q) => heard.push(q.access.codec));
  call.mute();
  call.mute();
  assert.equal(leg.muted, true);
  call.mute(false);
  event("call.dtmf", { call: call.id, digit: "5", duration: 100 });
  const leg1 = { codec: "opus", sent: 1, received: 1, lost: 0, jitter: 1, rtt: 1, mos: 4 };
  event("call.quality", { call: call.id, access: leg1, core: leg1, transcoding: false });
  assert.deepEqual(heard, [true, false, "5", "opus"]);
  void call.sendDtmf("1a#", { duration: 200 });
  assert.deepEqual(platform.last.last("call.dtmf").params, { call: call.id, digits: "1A#", duration: 200 });
});

test("hold is refused before the answer", async () => {
  const { phone } = await bed();
  const call = phone.call("1");
  await assert.rejects(call.hold(), (e: PhoneError) => e.name === "call_state");
});

test("a failed connection is repaired by an ICE restart, and tried again until it works", async () => {
  const { platform, call, leg, log } = await talking();
  leg.listener.connection("failed");
  assert.equal(call.state, "reconnecting");
  await settle();
  assert.deepEqual(platform.last.last("call.update").params, { call: call.id, sdp: "restart 1" });
  leg.listener.candidate({ candidate: "new", sdpMid: "0" });
  await platform.timers.run(60);
  assert.equal(platform.last.all("call.candidates").length, 0, "not before the gateway knows the new credentials");
  platform.last.refuse("call.update", 1008, "rate_limited");
  await platform.timers.run(3_100);
  assert.equal(leg.restarts, 2);
  platform.last.answer("call.update", { sdp: "again" });
  await settle();
  leg.listener.connection("connected");
  assert.deepEqual(log, ["ringing", "active", "reconnecting", "active"]);
  await platform.timers.run(10_000);
  assert.equal(leg.restarts, 2, "no restart without need");
});

test("renegotiate offers the codecs anew, without a restart", async () => {
  const { platform, call, leg, event } = await talking();
  event("call.media", { call: call.id, state: "renegotiate" });
  await settle();
  assert.deepEqual(platform.last.last("call.update").params, { call: call.id, sdp: "codecs" });
  assert.equal(leg.restarts, 0);
});

test("a renegotiation that comes while another offer is under way is made after it", async () => {
  const { platform, call, leg, event } = await talking();
  const again = () => event("call.media", { call: call.id, state: "renegotiate" });
  again();
  await settle();
  again();
  again();
  await settle();
  assert.equal(platform.last.all("call.update").length, 1, "one at a time");
  platform.last.answer("call.update", { sdp: "first" });
  await settle();
  assert.equal(platform.last.all("call.update").length, 2);
  platform.last.answer("call.update", { sdp: "second" });
  await settle();
  assert.equal(platform.last.all("call.update").length, 2, "no more than was asked for");
  assert.equal(leg.restarts, 0);
});

test("a renegotiation that comes before the first answer is made after it", async () => {
  const { platform, phone, event } = await bed();
  const call = phone.call("+15550101");
  await settle();
  event("call.media", { call: call.id, state: "renegotiate" });
  await settle();
  assert.equal(platform.last.all("call.update").length, 0);
  platform.last.answer("call.start", { call: call.id, sdp: "answer" });
  await settle();
  assert.equal(platform.last.all("call.update").length, 1);
});

test("a short silence needs no restart, a long one does", async () => {
  const { platform, call, leg } = await talking();
  leg.listener.connection("disconnected");
  await platform.timers.run(1_000);
  leg.listener.connection("connected");
  await platform.timers.run(3_000);
  assert.equal(leg.restarts, 0);
  leg.listener.connection("disconnected");
  await platform.timers.run(2_100);
  assert.equal(leg.restarts, 1);
  assert.equal(call.state, "reconnecting");
});

test("a changed network restarts ICE at once", async () => {
  const { platform, leg } = await talking();
  platform.nudge("network");
  await settle();
  assert.equal(leg.restarts, 1);
});

test("audio that broke while the socket was away is mended after the resume", async () => {
  const { platform, call, leg } = await talking();
  platform.last.drop();
  leg.listener.connection("failed");
  await settle();
  assert.equal(leg.restarts, 0, "nobody to tell");
  await platform.timers.run(500);
  platform.last.open();
  await settle();
  platform.last.answer("session.login", { ...loginResult, resumed: true, lastSeq: 2, calls: [{ call: call.id, direction: "outgoing", state: "active", remote: { anonymous: false }, localHold: false, remoteHold: false }] });
  await settle();
  assert.equal(leg.restarts, 1);
  assert.equal(platform.last.all("call.update").length, 1);
});

test("a listener that throws does not silence the others", async () => {
  const { call, event } = await talking();
  const later: (() => void)[] = [];
  const real = globalThis.setTimeout;
  globalThis.setTimeout = ((fn: () => void) => later.push(fn)) as unknown as typeof setTimeout;
  const heard: string[] = [];
  call.on("dtmf", () => {
    throw new Error("the page's fault");
  });
  call.on("dtmf", (d) => heard.push(d));
  try {
    event("call.dtmf", { call: call.id, digit: "1", duration: 100 });
  } finally {
    globalThis.setTimeout = real;
  }
  assert.deepEqual(heard, ["1"]);
  assert.equal(later.length, 1);
  assert.throws(later[0]!, /the page's fault/, "it shows in the console");
});

test("diversion, waiting and an application's data of an outgoing call", async () => {
  const { platform, phone, event } = await bed();
  const userToUser = { data: "0a", encoding: "hex" } as const;
  const call = phone.call("+15550101", { userToUser, headers: { "X-Case": "1" } });
  const told: unknown[] = [];
  call.on("diverted", (to) => told.push(to?.number ?? null));
  call.on("waiting", () => told.push("waiting"));
  await settle();
  assert.deepEqual(platform.last.last("call.start").params, { call: call.id, target: "+15550101", userToUser, headers: { "X-Case": "1" }, sdp: "offer 1" });
  platform.last.answer("call.start", { call: call.id, sdp: "answer" });
  await settle();
  event("call.progress", { call: call.id, state: "diverted", earlyMedia: false, sip: 181 });
  event("call.progress", { call: call.id, state: "diverted", earlyMedia: false, sip: 181, divertedTo: { number: "+15550102", anonymous: false } });
  assert.equal(call.state, "dialing");
  event("call.progress", { call: call.id, state: "ringing", earlyMedia: false, sip: 180, waiting: true });
  event("call.progress", { call: call.id, state: "ringing", earlyMedia: false, sip: 180, waiting: true });
  assert.deepEqual(told, [null, "+15550102", "waiting"]);
  assert.deepEqual([call.divertedTo?.number, call.waiting, call.userToUser], ["+15550102", true, null]);
  event("call.accepted", { call: call.id, remote: { number: "+15550102", anonymous: false, verified: "passed" }, startedAt: "2026-01-01T00:00:00Z", userToUser, headers: { "X-Case": "2" } });
  assert.deepEqual([call.remote.verified, call.userToUser, call.headers], ["passed", userToUser, { "X-Case": "2" }]);
});

test("a second call waits, is brought to the front, and the first comes back", async () => {
  const { platform, phone, event, call: first } = await talking();
  const got: Call[] = [];
  phone.on("incoming", (c) => got.push(c));
  event("call.incoming", { call: "in1", remote: { number: "+3", anonymous: false, verified: "failed" }, called: "sip:a@x", sdp: "their offer", waiting: true,
    divertedBy: { number: "+5", anonymous: false, reason: "busy" }, headers: { "X-Case": "1" } });
  const second = got[0]!;
  assert.equal(platform.media.sound, "waiting");
  assert.deepEqual([second.waiting, second.called, second.divertedBy?.reason, second.remote.verified, second.headers], [true, "sip:a@x", "busy", "failed", { "X-Case": "1" }]);
  const switched = phone.switchTo(second);
  await settle();
  assert.ok(platform.last.last("call.hold"));
  assert.deepEqual(platform.last.last("call.answer").params, { call: "in1", sdp: "answer" });
  platform.last.answer("call.hold");
  platform.last.answer("call.answer");
  await switched;
  event("call.accepted", { call: "in1", remote: { number: "+3", anonymous: false }, startedAt: "2026-01-01T00:00:00Z", headers: { "X-Case": "9" } });
  assert.deepEqual(second.headers, { "X-Case": "1" }, "an incoming call's data came with it");
  event("call.hold", { call: first.id, local: true, remote: false });
  const back = phone.switchTo(first);
  await settle();
  assert.deepEqual(platform.last.last("call.resume").params, { call: first.id });
  platform.last.answer("call.resume");
  platform.last.refuse("call.hold", 2002, "call_state");
  await assert.rejects(back, (e: PhoneError) => e.name === "call_state");
});

test("an emergency call goes out without a registration, with the place", async () => {
  const { platform, phone, event } = await bed();
  event("session.registration", { state: "registering", identities: [] });
  assert.notEqual(phone.state, "ready");
  platform.place = { latitude: 48.1, longitude: 11.5 };
  assert.equal(phone.isEmergency("1 1 2"), true);
  assert.equal(phone.isEmergency("+15550112"), false);
  phone.call("112");
  await settle();
  assert.deepEqual(platform.last.last("call.start").params.position, { latitude: 48.1, longitude: 11.5 });
  platform.place = null;
  phone.call("urn:service:sos.fire", { position: { latitude: 1, longitude: 2 } });
  await settle();
  assert.deepEqual(platform.last.last("call.start").params.position, { latitude: 1, longitude: 2 });
  platform.last.drop(1006);
  const call = phone.call("112");
  let name = "";
  call.on("ended", (r) => (name = r.name));
  await settle();
  assert.equal(name, "emergency_use_phone");
});
