import { Phone, type Call, type PhoneOptions } from "../src/index";
import { FakePlatform, loginResult, settle, token } from "./fake";

/** A phone that is ready, and its gateway's side. */
export async function bed(options: PhoneOptions = {}, login: object = loginResult) {
  const platform = new FakePlatform();
  const phone = new Phone({ url: "ws://gw/ws", token: token(platform.timers.time, 3_600_000), platform, ...options });
  const started = phone.start();
  await settle();
  platform.last.open();
  await settle();
  platform.last.answer("session.login", login);
  await started;
  let seq = 0;
  const event = (method: string, params: object) => platform.last.frame({ jsonrpc: "2.0", method, params: { seq: ++seq, ...params } });
  return { platform, phone, event };
}

/** What a call tells of its state, as it comes. */
export function record(call: Call) {
  const log: string[] = [];
  call.on("state", (s) => log.push(s));
  call.on("ended", (r) => log.push(`ended ${r.name} by ${r.by}`));
  return log;
}

/** A bed with one call that is answered and connected. */
export async function talking() {
  const b = await bed();
  const call = b.phone.call("+15550101");
  const log = record(call);
  await settle();
  b.platform.last.answer("call.start", { call: call.id, sdp: "answer" });
  await settle();
  b.event("call.progress", { call: call.id, state: "ringing", earlyMedia: false, sip: 180 });
  b.event("call.accepted", { call: call.id, remote: { number: "+15550101", anonymous: false }, startedAt: "2026-01-01T00:00:00Z" });
  const leg = b.platform.media.legs[0]!;
  leg.listener.connection("connected");
  return { ...b, call, log, leg };
}
