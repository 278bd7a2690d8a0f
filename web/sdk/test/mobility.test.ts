import assert from "node:assert/strict";
import test from "node:test";
import { Phone, type Call } from "../src/index";
import { bed, record, talking } from "./bed";
import { FakePlatform, loginResult, settle, token } from "./fake";

test("a reloaded page finds its calls again", async () => {
  const before = await talking();
  before.platform.nudge("leaving");
  await settle();
  assert.deepEqual(before.platform.last.last("session.away").params, { within: 10_000 });
  // The new page of the same tab.
  const platform = new FakePlatform();
  platform.tab = before.platform.tab;
  platform.uuid(); // as random as in a browser
  const phone = new Phone({ url: "ws://gw/ws", token: token(platform.timers.time, 3_600_000), platform });
  const rang: Call[] = [];
  phone.on("incoming", (c) => rang.push(c));
  const started = phone.start();
  await settle();
  platform.last.open();
  await settle();
  const login = platform.last.last("session.login").params;
  assert.deepEqual(login.resume, { session: "s1", secret: "x1", after: 2 });
  const remote = { number: "+15550101", anonymous: false };
  const shot = { localHold: false, remoteHold: false, remote };
  platform.last.answer("session.login", {
    ...loginResult,
    secret: "x2",
    resumed: true,
    lastSeq: 2,
    calls: [
      { ...shot, call: "talks", direction: "outgoing", state: "active", localHold: true, startedAt: "2026-01-01T00:00:00Z" },
      { ...shot, call: "rings", direction: "incoming", state: "incoming", sdp: "the gateway's offer" },
    ],
  });
  await started;
  await settle();
  const [talks, rings] = phone.calls;
  assert.equal(talks?.state, "reconnecting");
  assert.equal(talks?.startedAt?.toISOString(), "2026-01-01T00:00:00.000Z");
  assert.deepEqual(platform.last.last("call.update").params, { call: "talks", sdp: "offer 1" });
  platform.last.answer("call.update", { sdp: "the answer" });
  await settle();
  assert.deepEqual(platform.media.legs[0]!.accepted, ["the answer"]);
  const ids = (p: FakePlatform) => p.last.sent.map((r) => r.id);
  assert.ok(!ids(platform).some((id) => ids(before.platform).includes(id)), "the gateway answers an id once");
  assert.equal(platform.last.all("call.update").length, 1, "no restart of a connection that is just being made");
  platform.media.legs[0]!.listener.connection("connected");
  assert.equal(talks?.state, "held");
  assert.deepEqual(rang, [rings]);
  rings?.answer().catch(() => undefined); // the phone leaves before the gateway says anything
  await settle();
  assert.deepEqual(platform.media.legs[1]!.answered, ["the gateway's offer"]);
  assert.equal(platform.tab.size, 0, "what was left is taken up once");
  const gone = phone.stop();
  await settle();
  platform.last.answer("session.logout");
  await gone;
  assert.equal(platform.tab.size, 0, "a phone that left leaves nothing behind");
});

test("a page without calls leaves when it goes", async () => {
  const { platform } = await bed();
  platform.nudge("leaving");
  await settle();
  assert.ok(platform.last.last("session.logout"));
  assert.equal(platform.last.last("session.away"), undefined);
});

test("a reload that comes too late logs in anew", async () => {
  const platform = new FakePlatform();
  platform.tab.set("causeway.session ws://gw/ws", JSON.stringify([{ session: "old", secret: "x", seq: 7 }]));
  const phone = new Phone({ url: "ws://gw/ws", token: token(platform.timers.time, 3_600_000), platform });
  const started = phone.start();
  await settle();
  platform.last.open();
  await settle();
  platform.last.refuse("session.login", 1006, "resume_unknown");
  await platform.timers.run(1);
  platform.last.open();
  await settle();
  assert.equal(platform.last.last("session.login").params.resume, undefined);
  platform.last.answer("session.login", loginResult);
  await started;
  assert.equal(phone.state, "ready");
});

test("a call is taken over from another browser, and is told where it went", async () => {
  const { platform, phone, event } = await bed();
  const seen: number[] = [];
  phone.on("elsewhere", (calls) => seen.push(calls.length));
  const remote = { number: "+15550101", name: "Echo", anonymous: false };
  event("session.elsewhere", { calls: [{ session: "s2", call: "theirs", direction: "incoming", remote, startedAt: "2026-01-01T00:00:00Z" }] });
  const call = phone.pull(phone.elsewhere[0]!);
  const log = record(call);
  assert.equal(call.remote.name, "Echo");
  await settle();
  assert.deepEqual(platform.last.last("call.pull").params, { call: call.id, session: "s2", from: "theirs", sdp: "offer 1" });
  platform.last.answer("call.pull", { call: call.id, direction: "incoming", state: "active", remote, localHold: false, remoteHold: false, startedAt: "2026-01-01T00:00:00Z", sdp: "the answer" });
  event("session.elsewhere", { calls: [] });
  await settle();
  platform.media.legs[0]!.listener.connection("connected");
  assert.equal(call.startedAt?.toISOString(), "2026-01-01T00:00:00.000Z");
  event("call.ended", { call: call.id, duration: 5, cause: { code: 2040, name: "moved", message: "", hint: "", by: "local" } });
  assert.deepEqual(log, ["active", "ended", "ended moved by local"]);
  assert.match(call.endReason?.message ?? "", /another browser/);
  assert.deepEqual(seen, [1, 0]);
});

test("a call that cannot be taken over ends here and says why", async () => {
  const { platform, phone } = await bed();
  const call = phone.pull({ session: "s2", call: "theirs", direction: "outgoing", remote: { anonymous: true }, startedAt: "2026-01-01T00:00:00Z" });
  const log = record(call);
  await settle();
  platform.last.refuse("call.pull", 2001, "call_unknown");
  await settle();
  assert.deepEqual(log, ["ended", "ended call_unknown by local"]);
  assert.equal(platform.last.last("call.hangup"), undefined);
});

test("the phones of one page do not take each other's session", async () => {
  const { platform } = await talking();
  const open = async (secret: string) => {
    const phone = new Phone({ url: "ws://gw/ws", token: token(platform.timers.time, 3_600_000), platform });
    const started = phone.start();
    await settle();
    const socket = platform.last;
    socket.open();
    await settle();
    assert.equal(socket.last("session.login").params.resume, undefined);
    socket.answer("session.login", { ...loginResult, session: secret, secret });
    await started;
    phone.call("+15550102");
    await settle();
    return phone;
  };
  await open("second");
  platform.nudge("leaving");
  await settle();
  const left = JSON.parse(platform.tab.get("causeway.session ws://gw/ws")!) as { secret: string }[];
  assert.deepEqual(left.map((l) => l.secret), ["x1", "second"], "in the order they were started");
});
