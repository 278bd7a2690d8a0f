import assert from "node:assert/strict";
import test from "node:test";
import { PhoneError, type Call, type PhoneOptions, type Refer } from "../src/index";
import { bed as phoneBed } from "./bed";
import { FakePlatform, loginResult, settle, type FakeLeg } from "./fake";

const remote = { number: "+15550101", anonymous: false };
const startedAt = "2026-01-01T00:00:00Z";

async function bed(login: object = loginResult, options: PhoneOptions = {}) {
  const { platform, phone, event } = await phoneBed(options, login);
  const leg = (i: number) => platform.media.legs[i] as FakeLeg;
  const talk = async (video: boolean) => {
    const call = phone.call("+15550101", { video });
    await settle();
    platform.last.answer("call.start", { call: call.id, sdp: "answer" });
    await settle();
    event("call.accepted", { call: call.id, remote, startedAt });
    leg(platform.media.legs.length - 1).listener.connection("connected");
    return call;
  };
  return { platform, phone, event, leg, talk };
}

/** Answers the update that a change of video made. */
async function agree(platform: FakePlatform) {
  await settle();
  platform.last.answer("call.update", { sdp: "new answer" });
  await settle();
}

const video = (call: Call, state: string, more: object = {}) => ({ call: call.id, state, send: state === "on", receive: state === "on", ...more });

test("a call with video asks for the camera before it begins, and tells how video stands", async () => {
  const { event, leg, talk } = await bed();
  const call = await talk(true);
  const told: string[] = [];
  call.on("video", (v) => told.push(`${v.state} ${v.reason ?? ""}`));
  assert.deepEqual(leg(0).wishes, ["both"]);
  event("call.video", video(call, "on"));
  assert.deepEqual(call.video, { state: "on", send: true, receive: true });
  assert.deepEqual(told, ["on "]);
});

test("a camera that is refused ends a call with video before it begins", async () => {
  const { platform, phone } = await bed();
  const before = platform.media.leg;
  platform.media.leg = (l) => Object.assign(before.call(platform.media, l), { cameraFails: new PhoneError("camera_denied") });
  const call = phone.call("+15550101", { video: true });
  await settle();
  assert.equal(call.endReason?.name, "camera_denied");
  assert.equal(platform.last.last("call.start"), undefined);
});

test("video that is refused gives the camera back and says why; the user may ask again", async () => {
  const { platform, event, leg, talk } = await bed();
  const call = await talk(true);
  event("call.video", video(call, "off", { reason: "busy" }));
  assert.deepEqual(call.video, { state: "off", send: false, receive: false, reason: "busy" });
  await agree(platform);
  assert.deepEqual(leg(0).wishes, ["both", "none"]);
  const again = call.addVideo();
  await agree(platform);
  await again;
  assert.equal(platform.last.all("call.update").length, 2);
  event("call.video", video(call, "on"));
  assert.equal(call.video?.state, "on");
});

test("the far party's wish for video is the user's to answer, and declined where nobody is asked", async () => {
  const { platform, event, leg, talk } = await bed();
  const call = await talk(false);
  event("call.video", video(call, "offered", { send: true, receive: true }));
  await settle();
  assert.deepEqual(platform.last.last("call.refuseVideo").params, { call: call.id });
  platform.last.answer("call.refuseVideo");
  const asked: object[] = [];
  call.on("videoOffer", (wanted) => asked.push(wanted));
  event("call.video", video(call, "offered", { send: true, receive: true }));
  assert.deepEqual(asked, [{ send: true, receive: true }]);
  const accepted = call.acceptVideo({ send: false });
  await agree(platform);
  await accepted;
  assert.deepEqual(leg(0).wishes, ["receive"]);
  assert.equal(platform.last.all("call.refuseVideo").length, 1);
});

test("a camera that fails later ends nothing", async () => {
  const { leg, talk } = await bed();
  const call = await talk(false);
  leg(0).cameraFails = new PhoneError("camera_busy");
  await assert.rejects(call.addVideo(), (e: PhoneError) => e.name === "camera_busy");
  assert.equal(call.state, "active");
});

test("a reloaded page has its call's video again: the sound first, then the camera", async () => {
  const shot = { call: "c1", direction: "outgoing", state: "active", remote, localHold: false, remoteHold: false, startedAt, video: "both" };
  const { platform, phone, leg } = await bed({ ...loginResult, calls: [shot] });
  await settle();
  assert.deepEqual(leg(0).wishes, ["receive"]);
  await agree(platform);
  assert.deepEqual(leg(0).wishes, ["receive", "both"]);
  assert.equal(platform.last.all("call.update").length, 2);
  await agree(platform);
  assert.equal(phone.calls.length, 1);
});

test("a reloaded page whose camera is refused goes on seeing", async () => {
  const shot = { call: "c1", direction: "outgoing", state: "active", remote, localHold: false, remoteHold: false, startedAt, video: "both" };
  const { platform, phone, leg } = await bed({ ...loginResult, calls: [shot] });
  const warned: string[] = [];
  phone.calls[0]!.on("warning", (w) => warned.push(w.name));
  leg(0).cameraFails = new PhoneError("camera_denied");
  await agree(platform);
  assert.deepEqual(warned, ["camera_denied"]);
  assert.equal(phone.calls.length, 1);
});

test("a call that is taken over from another browser keeps its video", async () => {
  const { phone, leg } = await bed();
  phone.pull({ session: "s2", call: "theirs", direction: "incoming", remote, startedAt, video: "receive" });
  await settle();
  assert.deepEqual(leg(0).wishes, ["receive"]);
});

test("who is handed on by the far party, or put through to another, keeps the video", async () => {
  const { platform, phone, event, leg, talk } = await bed();
  const call = await talk(true);
  event("call.video", video(call, "on"));
  leg(0).localVideo = {} as never;
  let wish: Refer | null = null;
  phone.on("refer", (refer) => (wish = refer));
  event("call.refer", { call: call.id, refer: "w1", target: { number: "+15550103", anonymous: false }, replaces: false, follow: false, within: 60_000 });
  wish!.accept();
  await settle();
  assert.deepEqual(leg(1).wishes, ["both"]);
  assert.equal(platform.last.last("call.start").params.refer, "w1");
  event("call.incoming", { call: "c9", remote, called: "tel:+15550001", sdp: "offer", waiting: false, replaces: call.id, video: true });
  await settle();
  assert.deepEqual(leg(2).wishes, ["both"]);
});
