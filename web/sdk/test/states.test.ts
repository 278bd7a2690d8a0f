import assert from "node:assert/strict";
import test from "node:test";
import { callInputs, callStates, step, type CallInput, type CallState } from "../src/client/callstate";
import { phoneInputs, phoneStates, stepPhone, type PhoneInput, type PhoneState } from "../src/client/phonestate";

// Every pair, written down a second time by hand: a dot means that the input does not count in that state.
const calls = `
              ringing early  answering refused  accepted hold unhold lost         restored restoredHeld end
dialing       ringing early  .         .        active   .    .      .            .        .            ended
ringing       .       early  .         .        active   .    .      .            .        .            ended
early         ringing .      .         .        active   .    .      .            .        .            ended
incoming      .       .      connecting .       .        .    .      .            .        .            ended
connecting    .       .      .         incoming active   .    .      .            .        .            ended
active        .       .      .         .        .        held .      reconnecting .        .            ended
held          .       .      .         .        .        .    active reconnecting .        .            ended
reconnecting  .       .      .         .        .        .    .      .            active   held         ended
ended         .       .      .         .        .        .    .      .            .        .            .
`;

const phones = `
              start      registering registered unregistered lost         close
offline       connecting .           .          .            .            .
connecting    .          registering ready      .            .            closed
registering   .          .           ready      .            reconnecting closed
ready         .          registering .          registering  reconnecting closed
reconnecting  .          registering ready      .            .            closed
closed        connecting .           .          .            .            .
`;

function matrix<S extends string, I extends string>(text: string, states: readonly S[], inputs: readonly I[], step: (s: S, i: I) => S): void {
  const [head, ...rows] = text.trim().split("\n").map((l) => l.trim().split(/\s+/));
  assert.deepEqual([...head!].sort(), [...inputs].sort(), "every input has a column");
  assert.deepEqual(rows.map((r) => r[0]).sort(), [...states].sort(), "every state has a row");
  for (const [state, ...cells] of rows) {
    cells.forEach((want, i) => {
      const got = step(state as S, head![i] as I);
      assert.equal(got, want === "." ? state : want, `${state} + ${head![i]}`);
    });
  }
}

test("call table, every pair", () => matrix<CallState, CallInput>(calls, callStates, callInputs, step));
test("phone table, every pair", () => matrix<PhoneState, PhoneInput>(phones, phoneStates, phoneInputs, stepPhone));

test("whatever happens, an ended call stays ended and every call can end", () => {
  let seed = 7;
  const chance = (n: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n;
  for (let walk = 0; walk < 300; walk++) {
    let state: CallState = chance(2) ? "dialing" : "incoming";
    for (let i = 0; i < 40; i++) {
      const next = step(state, callInputs[chance(callInputs.length)]!);
      if (state === "ended") assert.equal(next, "ended");
      state = next;
    }
    assert.equal(step(state, "end"), "ended");
  }
});
