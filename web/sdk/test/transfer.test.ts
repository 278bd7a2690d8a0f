import assert from "node:assert/strict";
import test from "node:test";
import { PhoneError, type Call, type PhoneOptions, type Refer } from "../src/index";
import { bed as phoneBed } from "./bed";
import { settle } from "./fake";

async function bed(options: PhoneOptions = {}) {
  const { platform, phone, event } = await phoneBed(options);
  const talk = async () => {
    const call = phone.call("+15550101");
    await settle();
    platform.last.answer("call.start", { call: call.id, sdp: "answer" });
    await settle();
    event("call.accepted", { call: call.id, remote: { number: "+15550101", anonymous: false }, startedAt: "2026-01-01T00:00:00Z" });
    platform.media.legs[platform.media.legs.length - 1]!.listener.connection("connected");
    return call;
  };
  return { platform, phone, event, talk };
}

const wish = (call: Call) => ({ call: call.id, refer: "w1", target: { number: "+15550103", anonymous: false }, replaces: false, follow: false, within: 60_000 });
const cause = (name: string) => ({ code: 1, name, message: "", hint: "", by: "local" });

test("a call is handed on to a number, and goes on when nobody takes it", async () => {
  const { platform, event, talk } = await bed();
  const call = await talk();
  const told: string[] = [];
  call.on("transfer", (p) => told.push(p.state + (p.cause ? ` ${p.cause.name}` : "")));
  const asked = call.transfer(" +15550102 ");
  assert.equal(call.transferring?.state, "asked");
  await settle();
  assert.deepEqual(platform.last.last("call.transfer").params, { call: call.id, target: "+15550102" });
  platform.last.answer("call.transfer");
  await asked;
  event("call.transferring", { call: call.id, state: "trying" });
  event("call.transferring", { call: call.id, state: "ringing", sip: 180 });
  assert.equal(call.transferring?.state, "ringing");
  event("call.transferring", { call: call.id, state: "failed", sip: 486, cause: cause("busy") });
  assert.equal(call.transferring, null);
  assert.equal(call.state, "active");
  void call.transfer("+15550102");
  await settle();
  platform.last.answer("call.transfer");
  event("call.transferring", { call: call.id, state: "accepted", sip: 200 });
  event("call.ended", { call: call.id, duration: 1, cause: cause("transferred") });
  assert.deepEqual(told, ["trying", "ringing", "failed busy", "accepted"]);
  assert.match(call.endReason?.message ?? "", /handed on/);
});

test("two parties are put through to each other; a refusal leaves both calls", async () => {
  const { platform, phone, talk } = await bed();
  const one = await talk();
  const two = await talk();
  const asked = one.transfer(two);
  await settle();
  assert.deepEqual(platform.last.last("call.transfer").params, { call: one.id, with: two.id });
  platform.last.refuse("call.transfer", 2048, "transfer_refused");
  await assert.rejects(asked, (e) => e instanceof PhoneError && e.name === "transfer_refused");
  assert.equal(one.transferring, null);
  assert.equal(phone.calls.length, 2);
  const unanswered = phone.call("+15550104");
  await assert.rejects(unanswered.transfer("1"), (e) => e instanceof PhoneError && e.name === "call_state");
});

test("the far party's wish is followed with the old call on hold", async () => {
  const { platform, phone, event, talk } = await bed();
  const old = await talk();
  let asked: Refer | null = null;
  let next: Call | null = null;
  phone.on("refer", (r) => (asked = r));
  phone.on("following", (_, call) => (next = call));
  event("call.refer", { ...wish(old), referredBy: { name: "Bob", anonymous: false }, replaces: true });
  assert.equal(asked!.call, old);
  assert.equal(asked!.by?.name, "Bob");
  assert.equal(asked!.replaces, true);
  const call = asked!.accept({ anonymous: true });
  assert.equal(next, call);
  assert.equal(call.remote.number, "+15550103");
  await settle();
  assert.ok(platform.last.last("call.hold"));
  event("call.hold", { call: old.id, local: true, remote: false });
  assert.deepEqual(platform.last.last("call.start").params, { call: call.id, refer: "w1", anonymous: true, sdp: "offer 1" });
  platform.last.refuse("call.start", 2050, "refer_unknown");
  await settle();
  assert.equal(call.endReason?.name, "refer_unknown");
  assert.equal(platform.last.last("call.resume").params.call, old.id, "back to the old call");
  await asked!.refuse(); // answered already: nothing is sent
  assert.equal(platform.last.last("call.refuseRefer"), undefined);
});

test("a wish is refused by the user, by the page's setting, or when nobody listens", async () => {
  for (const how of ["user", "setting", "nobody"]) {
    const { platform, phone, event, talk } = await bed(how === "setting" ? { transfers: "refuse" } : {});
    const old = await talk();
    if (how !== "nobody") phone.on("refer", (r) => void r.refuse());
    event("call.refer", { ...wish(old), follow: how === "setting" });
    await settle();
    assert.deepEqual(platform.last.last("call.refuseRefer").params, { refer: "w1" }, how);
    assert.equal(phone.calls.length, 1);
  }
});

test("a wish is followed by itself where the page or the operator says so, even after the old call's end", async () => {
  for (const how of ["page", "operator"]) {
    const { platform, phone, event, talk } = await bed(how === "page" ? { transfers: "accept" } : {});
    const old = await talk();
    event("call.ended", { call: old.id, duration: 1, cause: cause("hangup") });
    event("call.refer", { ...wish(old), follow: how === "operator" });
    await settle();
    assert.equal(platform.last.last("call.start").params.refer, "w1", how);
    assert.equal(phone.calls.length, 1);
  }
});

test("a call that takes another one's place is answered at once, without a sound", async () => {
  const { platform, phone, event, talk } = await bed();
  const old = await talk();
  old.mute();
  const rang: Call[] = [];
  const put: Call[][] = [];
  phone.on("incoming", (c) => rang.push(c));
  phone.on("replaced", (...calls) => put.push(calls));
  event("call.incoming", { call: "n1", remote: { number: "+15550103", anonymous: false }, called: "", sdp: "offer", waiting: false, replaces: old.id });
  const next = put[0]?.[0];
  assert.deepEqual(put, [[next, old]]);
  assert.equal(next?.replaces, old);
  assert.equal(platform.media.sound, "none");
  await settle();
  assert.equal(platform.last.last("call.answer").params.call, "n1");
  assert.equal(platform.last.last("call.ringing"), undefined);
  assert.ok(platform.media.legs[1]!.muted, "the user stays muted");
  platform.last.answer("call.answer");
  event("call.accepted", { call: "n1", remote: { number: "+15550103", anonymous: false }, startedAt: "2026-01-01T00:00:00Z" });
  event("call.ended", { call: old.id, duration: 1, cause: { ...cause("replaced"), by: "remote" } });
  assert.deepEqual(rang, []);
  assert.deepEqual(phone.calls, [next]);
});

test("a call that takes another one's place rings when the microphone is gone", async () => {
  const { platform, phone, event, talk } = await bed();
  const old = await talk();
  const rang: Call[] = [];
  phone.on("incoming", (c) => rang.push(c));
  const make = platform.media.leg.bind(platform.media);
  platform.media.leg = (listener) => Object.assign(make(listener), { fails: new PhoneError("microphone_busy") });
  event("call.incoming", { call: "n1", remote: { anonymous: true }, called: "", sdp: "offer", waiting: false, replaces: old.id });
  await settle();
  assert.equal(rang[0]?.state, "incoming");
});
