import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { Phone, PhoneError, type Credentials } from "../src/index";
import { md5 } from "../src/protocol/md5";
import type { Challenge } from "../src/protocol/frames";
import { prove } from "../src/transport/digest";
import { FakePlatform, loginResult, settle } from "./fake";

const credentials: Credentials = { impi: "15550001@ims.example", impu: "sip:+15550001@ims.example", password: "Circle of Life" };
const challenge: Challenge = {
  id: "c7", username: credentials.impi, realm: "ims.example", nonce: "abc==", algorithm: "MD5", qop: "auth", method: "REGISTER", uri: "sip:ims.example", stale: false, within: 8000,
};

test("MD5 agrees with another one for every length around its blocks", () => {
  assert.equal(md5(""), "d41d8cd98f00b204e9800998ecf8427e"); // RFC 1321 A.5
  assert.equal(md5("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  for (let n = 0; n < 200; n++) {
    const text = "aé".repeat(n);
    assert.equal(md5(text), createHash("md5").update(text, "utf8").digest("hex"), `length ${n}`);
  }
});

test("the digest is that of RFC 7616", async () => {
  for (const algorithm of ["MD5", "SHA-256"] as const) {
    const h = (text: string) => createHash(algorithm === "MD5" ? "md5" : "sha256").update(text).digest("hex");
    const user = h("15550001@ims.example:ims.example:Circle of Life");
    const request = h("REGISTER:sip:ims.example");
    const a = await prove(credentials, { ...challenge, algorithm });
    assert.match(a.cnonce ?? "", /^[0-9a-f]{32}$/);
    assert.equal(a.response, h(`${user}:abc==:00000001:${a.cnonce}:auth:${request}`));
    const { qop: _, ...old } = challenge;
    assert.deepEqual(await prove(credentials, { ...old, algorithm }), { challenge: "c7", response: h(`${user}:abc==:${request}`) });
  }
});

test("no digest is made for another realm or user", async () => {
  for (const other of [{ realm: "evil.example" }, { username: "15550002@ims.example" }]) {
    await assert.rejects(prove(credentials, { ...challenge, ...other }), (e) => e instanceof PhoneError && e.name === "digest_unsupported");
  }
  const { response } = await prove({ ...credentials, realm: "evil.example" }, { ...challenge, realm: "evil.example" });
  assert.match(response, /^[0-9a-f]{32}$/);
});

async function begin() {
  const platform = new FakePlatform();
  const phone = new Phone({ url: "ws://gw/ws", credentials, platform });
  const started = phone.start();
  started.catch(() => undefined);
  await settle();
  platform.last.open();
  await settle();
  return { platform, phone, started };
}

/** Waits for the proof of a challenge: crypto.subtle works outside of the fake clock. */
async function proved(platform: FakePlatform, challenge: string): Promise<void> {
  for (let i = 0; i < 1_000 && platform.last.last("session.prove")?.params.challenge !== challenge; i++) await new Promise((r) => setTimeout(r, 5));
  await settle();
}

test("a login by password: the password stays in the page", async () => {
  const { platform, phone, started } = await begin();
  const login = platform.last.last("session.login");
  assert.equal(login.params.scheme, "digest");
  assert.equal(login.params.impi, credentials.impi);
  assert.equal(login.params.token, undefined);
  platform.last.frame({ jsonrpc: "2.0", method: "session.challenge", params: { seq: 1, ...challenge } });
  await proved(platform, "c7");
  const answer = platform.last.last("session.prove");
  assert.equal(answer.params.challenge, "c7");
  assert.match(answer.params.response, /^[0-9a-f]{32}$/);
  platform.last.answer("session.prove", {});
  platform.last.answer("session.login", loginResult);
  await started;
  assert.equal(phone.state, "ready");
  platform.last.frame({ jsonrpc: "2.0", method: "session.challenge", params: { seq: loginResult.lastSeq + 1, ...challenge, id: "c8", algorithm: "SHA-256" } }); // asked again at a refresh
  await proved(platform, "c8");
  assert.equal(platform.last.last("session.prove").params.challenge, "c8");
  assert.match(platform.last.last("session.prove").params.response, /^[0-9a-f]{64}$/);
  assert.ok(!JSON.stringify(platform.sockets.map((s) => s.sent)).includes("Circle"), "the password left the page");
  assert.ok(![...platform.memory.values()].some((v) => v.includes("Circle")), "the password was stored");
});

test("a wrong password closes the phone with the reason", async () => {
  const { platform, phone, started } = await begin();
  platform.last.frame({ jsonrpc: "2.0", method: "session.challenge", params: { seq: 1, ...challenge } });
  await proved(platform, "c7");
  platform.last.refuse("session.login", 1017, "password_refused");
  await assert.rejects(started, (e) => e instanceof PhoneError && e.name === "password_refused");
  assert.equal(phone.state, "closed");
  await platform.timers.run(60_000);
  assert.equal(platform.sockets.length, 1, "it does not try again");
});
