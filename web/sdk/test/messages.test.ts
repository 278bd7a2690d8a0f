import assert from "node:assert/strict";
import test from "node:test";
import { Phone, PhoneError, type Composing, type MessageReport, type TextMessage } from "../src/index";
import { FakePlatform, loginResult, settle, token } from "./fake";

async function up() {
  const platform = new FakePlatform();
  const phone = new Phone({ url: "ws://gw/ws", token: token(platform.timers.time, 3_600_000), platform });
  const messages: TextMessage[] = [];
  const reports: MessageReport[] = [];
  const writing: Composing[] = [];
  phone.on("message", (m) => messages.push(m));
  phone.on("messageReport", (r) => reports.push(r));
  phone.on("composing", (c) => writing.push(c));
  const started = phone.start();
  await settle();
  platform.last.open();
  await settle();
  platform.last.answer("session.login", { ...loginResult, messages: { bytes: 8192, sms: true } });
  await started;
  return { platform, phone, messages, reports, writing };
}

function event(platform: FakePlatform, method: string, seq: number, params: object): void {
  platform.last.frame({ jsonrpc: "2.0", method, params: { seq, ...params } });
}

test("a message is sent, and what becomes of it is told", async () => {
  const { platform, phone, reports } = await up();
  assert.deepEqual(phone.messaging, { bytes: 8192, sms: true });
  const sent = phone.sendMessage(" +15550101 ", "Hello", { report: ["delivery", "display"], id: "m1" });
  await settle();
  assert.deepEqual(platform.last.last("message.send").params, { message: "m1", target: "+15550101", text: "Hello", report: ["delivery", "display"] });
  platform.last.answer("message.send", { message: "m1", via: "sip", parts: 1 });
  assert.deepEqual(await sent, { id: "m1", via: "sip", parts: 1 });
  event(platform, "message.report", 1, { message: "m1", status: "delivered", at: "2026-11-21T08:00:00.000Z" });
  event(platform, "message.report", 2, { message: "m1", status: "failed", at: "2026-11-21T08:00:01.000Z", error: { code: 2066, name: "message_undelivered", message: "no", hint: "h", retryable: true } });
  assert.deepEqual(reports.map((r) => r.status), ["delivered", "failed"]);
  assert.equal(reports[0]!.at.getTime(), Date.parse("2026-11-21T08:00:00Z"));
  assert.equal(reports[0]!.error, null);
  assert.equal(reports[1]!.error?.name, "message_undelivered");
});

test("a refused message rejects with the reason, and the network has 40 s", async () => {
  const { platform, phone } = await up();
  const refused = phone.sendMessage("+1", "x", { via: "sms" }).then(() => null, (e) => e);
  await settle();
  assert.match(platform.last.last("message.send").params.message, /^[A-Za-z0-9_-]{1,64}$/);
  assert.equal(platform.last.last("message.send").params.via, "sms");
  platform.last.refuse("message.send", 2060, "message_too_long");
  assert.equal((await refused).name, "message_too_long");
  let late: PhoneError | null = null;
  phone.sendMessage("+1", "x").catch((e) => (late = e));
  await platform.timers.run(39_000);
  assert.equal(late, null);
  await platform.timers.run(2_000);
  assert.equal((late as PhoneError | null)?.name, "timeout");
});

test("messages and who is writing come as events, and reading one is told", async () => {
  const { platform, phone, messages, writing } = await up();
  const remote = { number: "+15550101", anonymous: false };
  event(platform, "message.received", 1, { message: "x1", remote, called: "sip:me", text: "<b>hi</b>", contentType: "text/plain", at: "2026-11-21T08:00:00.000Z", via: "sip", display: true });
  event(platform, "message.composing", 2, { remote, called: "sip:me", active: true, within: 90_000 });
  assert.deepEqual(messages.map((m) => [m.id, m.text, m.via, m.display, m.incomplete, m.subject]), [["x1", "<b>hi</b>", "sip", true, false, ""]]);
  assert.equal(writing[0]!.active, true);
  const told = phone.messageDisplayed("x1");
  await settle();
  assert.deepEqual(platform.last.last("message.displayed").params, { message: "x1" });
  platform.last.answer("message.displayed");
  await told;
});

test("without a registration nothing is sent", async () => {
  const phone = new Phone({ url: "ws://gw/ws", token: "t", platform: new FakePlatform() });
  const thrown = await phone.sendMessage("+1", "x").then(() => null, (e) => e);
  assert.ok(thrown instanceof PhoneError);
  assert.equal(thrown.name, "not_registered");
});
