import assert from "node:assert/strict";
import test from "node:test";
import { Phone, PhoneError, catalogue, type PhoneOptions } from "../src/index";
import { Backoff } from "../src/transport/backoff";
import { microphoneError } from "../src/media/engine-browser";
import { FakePlatform, loginResult, settle, token } from "./fake";

function bed(options: Partial<PhoneOptions> = {}) {
  const platform = (options.platform as FakePlatform | undefined) ?? new FakePlatform();
  const phone = new Phone({ url: "ws://gw/ws", token: token(platform.timers.time, 3_600_000), ...options, platform });
  const states: string[] = [];
  phone.on("state", (s) => states.push(s));
  const errors: PhoneError[] = [];
  phone.on("error", (e) => errors.push(e));
  return { platform, phone, states, errors };
}

async function up(options: Partial<PhoneOptions> = {}) {
  const b = bed(options);
  const started = b.phone.start();
  await settle();
  b.platform.last.open();
  await settle();
  b.platform.last.answer("session.login", loginResult);
  await started;
  return b;
}

async function rejects(p: Promise<unknown>, name: string): Promise<PhoneError> {
  const thrown = await p.then(() => null, (e) => e);
  assert.ok(thrown instanceof PhoneError, `rejects with ${name}, not ${thrown}`);
  assert.equal(thrown.name, name);
  assert.ok(thrown.message && thrown.hint && typeof thrown.code === "number" && typeof thrown.retryable === "boolean");
  return thrown;
}

test("start connects, logs in and is ready", async () => {
  const { platform, phone, states } = await up();
  assert.deepEqual(states, ["connecting", "registering", "ready"]);
  assert.equal(platform.last.protocol, "causeway.v1");
  const login = platform.last.last("session.login");
  assert.match(login.params.instance, /^[0-9a-f-]{36}$/);
  assert.equal(login.params.instance, platform.memory.get("causeway.instance"));
  assert.equal(login.params.resume, undefined);
  assert.equal(phone.user, "alice");
  assert.ok(![...platform.memory.values()].some((v) => v.includes(login.params.token)), "the token is not stored");
});

test("a refused token closes the phone, once, with the error", async () => {
  const { platform, phone, states, errors } = bed();
  const started = phone.start();
  await settle();
  platform.last.open();
  await settle();
  platform.last.refuse("session.login", 1005, "identity_refused");
  await rejects(started, "identity_refused");
  assert.deepEqual(states, ["connecting", "closed"]);
  assert.equal(errors.length, 1);
  await platform.timers.run(60_000);
  assert.equal(platform.sockets.length, 1, "it does not try again");
});

test("an expired token is fetched anew once", async () => {
  let n = 0;
  const { platform, phone } = bed({ token: undefined, getToken: () => `token-${++n}` });
  const started = phone.start();
  await settle();
  platform.last.open();
  await settle();
  platform.last.refuse("session.login", 1003, "token_expired");
  await platform.timers.run(10);
  platform.last.open();
  await settle();
  assert.equal(platform.last.last("session.login").params.token, "token-2");
  platform.last.answer("session.login", loginResult);
  await started;
});

test("a token endpoint that gives only expired tokens is asked twice, not for ever", async () => {
  let n = 0;
  const { platform, phone } = bed({ token: undefined, getToken: () => `token-${++n}` });
  const started = phone.start();
  for (let i = 0; i < 2; i++) {
    await settle();
    await platform.timers.run(1);
    platform.last.open();
    await settle();
    platform.last.refuse("session.login", 1003, "token_expired");
  }
  await rejects(started, "token_expired");
  await platform.timers.run(60_000);
  assert.equal(n, 2);
  assert.equal(platform.sockets.length, 2);
});

test("no token at all is said clearly", async () => {
  const { phone } = bed({ token: undefined });
  await rejects(phone.start(), "token_missing");
});

test("a first connection that fails rejects", async () => {
  const { platform, phone } = bed();
  const started = phone.start();
  await settle();
  platform.last.drop();
  await rejects(started, "connection_lost");
  assert.equal(phone.state, "closed");
});

test("a socket that never opens is given up", async () => {
  const { platform, phone } = bed();
  const started = phone.start();
  const rejected = rejects(started, "connection_lost");
  await platform.timers.run(10_001);
  await rejected;
});

test("a lost socket is resumed with the last seq, and unanswered requests travel again", async () => {
  const { platform, phone, states } = await up();
  const call = phone.call("+15550101");
  await settle();
  const first = platform.last;
  first.answer("call.start", { call: call.id, sdp: "a" });
  await settle();
  first.frame({ jsonrpc: "2.0", method: "call.accepted", params: { seq: 5, call: call.id, remote: { anonymous: false }, startedAt: "2026-01-01T00:00:00Z" } });
  const held = call.hold();
  const request = first.last("call.hold");
  first.drop();
  assert.equal(phone.state, "reconnecting");
  assert.equal(call.state, "active", "the call does not care");
  await platform.timers.run(500);
  const second = platform.last;
  assert.notEqual(second, first);
  second.open();
  await settle();
  assert.deepEqual(second.last("session.login").params.resume, { session: "s1", secret: "x1", after: 5 });
  assert.equal(second.all("call.hold").length, 0, "nothing before the login is answered");
  second.answer("session.login", { ...loginResult, resumed: true, lastSeq: 6, calls: [{ call: call.id, direction: "outgoing", state: "active", remote: { anonymous: false }, localHold: false, remoteHold: false }] });
  await settle();
  assert.equal(second.last("call.hold").id, request.id, "the same id, so that the gateway can answer the same");
  second.answer("call.hold");
  await held;
  second.frame({ jsonrpc: "2.0", method: "call.hold", params: { seq: 5, call: call.id, local: false, remote: true } });
  assert.equal(call.remoteHold, false, "an event seen before is dropped");
  second.frame({ jsonrpc: "2.0", method: "call.hold", params: { seq: 6, call: call.id, local: true, remote: false } });
  assert.equal(call.state, "held");
  assert.deepEqual(states.slice(2), ["ready", "reconnecting", "registering", "ready"]);
});

test("when the session is gone its calls end, and the phone logs in afresh", async () => {
  const { platform, phone } = await up();
  const call = phone.call("+15550101");
  await settle();
  platform.last.drop();
  await platform.timers.run(500);
  platform.last.open();
  await settle();
  platform.last.refuse("session.login", 1006, "resume_unknown");
  await platform.timers.run(10);
  platform.last.open();
  await settle();
  assert.equal(platform.last.last("session.login").params.resume, undefined);
  platform.last.answer("session.login", loginResult);
  await settle();
  assert.equal(call.endReason?.name, "session_ended");
  assert.equal(phone.state, "ready");
});

test("a call missing from the snapshot ends after the replay had its time", async () => {
  const { platform, phone } = await up();
  const call = phone.call("+15550101");
  await settle();
  platform.last.answer("call.start", { call: call.id, sdp: "a" });
  platform.last.drop();
  await platform.timers.run(500);
  platform.last.open();
  await settle();
  platform.last.answer("session.login", { ...loginResult, resumed: true, lastSeq: 1 });
  await settle();
  platform.last.frame({ jsonrpc: "2.0", method: "call.ended", params: { seq: 1, call: call.id, duration: 0, cause: { code: 2005, name: "busy", message: "", hint: "", by: "remote" } } });
  await platform.timers.run(5_000);
  assert.equal(call.endReason?.name, "busy", "the replayed reason wins");
});

test("back-off grows to its limit and is cut short when the network returns", async () => {
  const { platform } = await up();
  platform.last.drop();
  let before = platform.sockets.length;
  await platform.timers.run(400);
  assert.equal(platform.sockets.length, ++before, "375 ms at chance 0.5");
  platform.last.drop();
  await platform.timers.run(700);
  assert.equal(platform.sockets.length, before, "750 ms the second time");
  platform.nudge("online");
  await settle();
  assert.equal(platform.sockets.length, before + 1);
  const b = new Backoff(() => 1);
  const waits = Array.from({ length: 8 }, () => b.next());
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
  assert.equal(b.next(60_000), 60_000, "at least what the gateway asked for");
});

test("a dead socket is noticed by ping", async () => {
  const { platform, phone } = await up();
  const socket = platform.last;
  await platform.timers.run(20_500);
  assert.equal(socket.all("session.ping").length, 1);
  await platform.timers.run(6_500);
  assert.equal(phone.state, "reconnecting");
  assert.ok(socket.closed);
});

test("a socket that closes during the login is tried again at once, not after the login's time-out", async () => {
  const { platform, phone } = await up();
  platform.last.drop();
  await platform.timers.run(400);
  platform.last.open();
  await settle();
  const count = platform.sockets.length;
  platform.last.drop();
  await platform.timers.run(1_000);
  assert.equal(platform.sockets.length, count + 1);
  platform.last.open();
  await settle();
  assert.equal(platform.last.all("session.login").length, 1);
  platform.last.answer("session.login", { ...loginResult, resumed: true });
  await settle();
  assert.equal(platform.last.all("session.login").length, 1, "the login of the dead socket is not repeated");
  assert.equal(phone.state, "ready");
});

test("a gateway that goes away says when to come back", async () => {
  const { platform } = await up();
  const socket = platform.last;
  socket.frame({ jsonrpc: "2.0", method: "session.closing", params: { seq: 1, reason: "drain", text: "t", retryAfter: 4000 } });
  socket.drop(1013);
  await platform.timers.run(3_900);
  assert.equal(platform.last, socket);
  await platform.timers.run(200);
  assert.notEqual(platform.last, socket);
});

test("an answered ping keeps the socket", async () => {
  const { platform, phone } = await up();
  const socket = platform.last;
  await platform.timers.run(20_500);
  socket.answer("session.ping");
  await platform.timers.run(15_000);
  assert.equal(phone.state, "ready");
});

test("close codes: replaced and identity are final, draining is not", async () => {
  for (const [code, name] of [[4409, "session_ended"], [4403, "identity_refused"], [4401, "token_expired"]] as const) {
    const { platform, phone, errors } = await up();
    platform.last.drop(code);
    assert.equal(phone.state, "closed");
    assert.equal(errors[0]?.name, name);
  }
  const { platform, phone } = await up();
  platform.last.drop(1013);
  assert.equal(phone.state, "reconnecting");
});

test("the network's end of the registration is told as that", async () => {
  const { platform, phone, errors } = await up();
  platform.last.frame({ jsonrpc: "2.0", method: "session.closing", params: { seq: 1, reason: "deregistered", text: "t" } });
  platform.last.drop(4403);
  assert.equal(phone.state, "closed");
  assert.equal(errors[0]?.name, "deregistered");
});

test("the token is renewed a minute before its end", async () => {
  let n = 0;
  const platform = new FakePlatform();
  const phone = new Phone({ url: "ws://gw/ws", platform, getToken: () => token(platform.timers.time, 300_000, `t${++n}`) });
  const started = phone.start();
  await settle();
  platform.last.open();
  await settle();
  platform.last.answer("session.login", loginResult);
  await started;
  for (let i = 0; i < 25; i++) {
    await platform.timers.run(10_000);
    const ping = platform.last.last("session.ping");
    if (ping) platform.last.answer("session.ping");
  }
  assert.equal(n, 2);
  assert.ok(platform.last.last("session.token"));
});

test("without getToken the page is told", async () => {
  const platform = new FakePlatform();
  const b = await up({ platform, token: token(platform.timers.time, 90_000) });
  const told: number[] = [];
  b.phone.on("tokenExpiring", (s) => told.push(s));
  await platform.timers.run(15_000);
  await platform.timers.run(16_000);
  assert.equal(told.length, 1);
  assert.ok(told[0]! > 55 && told[0]! <= 60);
});

test("the network's refusal rejects start; a passing one keeps the phone trying", async () => {
  const { platform, phone } = bed();
  const started = phone.start();
  await settle();
  platform.last.open();
  await settle();
  platform.last.answer("session.login", { ...loginResult, registration: { state: "registering", identities: [] } });
  await settle();
  platform.last.frame({ jsonrpc: "2.0", method: "session.registration", params: { seq: 1, state: "failed", identities: [], error: { code: 1012, name: "core_unreachable", message: "m", hint: "h", retryable: true } } });
  await rejects(started, "core_unreachable");
  assert.equal(phone.state, "registering");
  platform.last.frame({ jsonrpc: "2.0", method: "session.registration", params: { seq: 2, state: "registered", identities: [{ uri: "sip:a@x", default: true }] } });
  assert.equal(phone.state, "ready");
});

test("stop logs out, ends calls and says so once", async () => {
  const { platform, phone, states } = await up();
  const call = phone.call("1");
  await settle();
  const ended: string[] = [];
  call.on("ended", (r) => ended.push(r.name));
  const stopped = phone.stop();
  await settle();
  platform.last.answer("session.logout");
  await stopped;
  await phone.stop();
  assert.deepEqual(ended, ["session_ended"]);
  assert.equal(states.filter((s) => s === "closed").length, 1);
  assert.equal(platform.watchers.size, 0, "nothing is left listening");
});

test("an unknown error of the gateway keeps its sentence", async () => {
  const { platform, phone } = bed();
  const started = phone.start();
  await settle();
  platform.last.open();
  await settle();
  platform.last.frame({ jsonrpc: "2.0", id: platform.last.last("session.login").id, error: { code: 1999, message: "Something new.", data: { name: "brand_new", hint: "Do this.", retryable: false } } });
  const e = await rejects(started, "internal");
  assert.equal(e.code, 1999);
  assert.equal(e.message, "Something new.");
});

test("frames that are none are ignored", async () => {
  const { platform, phone } = await up();
  for (const data of ["", "null", "[]", "{", '{"method":"call.ended"}', '{"method":"call.ended","params":{"seq":"x"}}', '{"id":"99","result":{}}']) platform.last.onmessage?.({ data });
  assert.equal(phone.state, "ready");
});

test("microphone errors have names of the catalogue", () => {
  for (const [dom, name] of [["NotAllowedError", "microphone_denied"], ["NotFoundError", "microphone_missing"], ["NotReadableError", "microphone_busy"], ["TypeError", "browser_unsupported"]] as const) {
    const e = microphoneError({ name: dom });
    assert.equal(e.name, name);
    assert.equal(e.code, catalogue[name].code);
  }
});

test("TURN credentials are asked for anew before they end, and again after a failure", async () => {
  const { platform, phone } = bed();
  const ice = (n: number) => ({ servers: [{ urls: ["turn:gw:3478?transport=udp"], username: `u${n}`, credential: `p${n}` }], expires: new Date(platform.timers.time + 3_600_000).toISOString() });
  const started = phone.start();
  await settle();
  platform.last.open();
  await settle();
  platform.last.answer("session.login", { ...loginResult, ice: ice(1) });
  await started;
  const asked = () => platform.last.sent.filter((f) => f.method === "session.ice").length;
  assert.deepEqual(platform.media.servers, ice(1).servers);
  const later = async (ms: number) => {
    for (let done = 0; done < ms; done += 10_000) {
      await platform.timers.run(10_000);
      if (platform.last.sent.at(-1)?.method === "session.ping") platform.last.answer("session.ping", {});
    }
  };
  await later(2_390_000);
  assert.equal(asked(), 0);
  await later(20_000);
  assert.equal(asked(), 1);
  platform.last.refuse("session.ice", 1001, "internal");
  await settle();
  assert.equal(platform.media.servers[0]?.username, "u1", "the old credential holds on");
  await later(40_000);
  assert.equal(asked(), 2);
  platform.last.answer("session.ice", ice(2));
  await settle();
  assert.equal(platform.media.servers[0]?.username, "u2");
  const stopped = phone.stop();
  await platform.timers.run(3_600_000);
  await stopped;
  assert.equal(asked(), 2, "a stopped phone asks no more");
});

test("a gateway without TURN servers is asked for none", async () => {
  const { platform } = await up();
  assert.deepEqual(platform.media.servers, []);
  await platform.timers.run(60_000);
  assert.equal(platform.last.sent.filter((f) => f.method === "session.ice").length, 0);
});
