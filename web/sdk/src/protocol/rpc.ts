import { PhoneError } from "./failure";
import type { GatewayEvent } from "./frames";
import type { Timers, TimerHandle } from "../transport/platform";

/** How long a request waits for its answer, milliseconds; lost connections within it are survived by resume. */
export const REQUEST_TIMEOUT = 20_000;

interface Pending {
  method: string;
  frame: string;
  resolve(result: unknown): void;
  reject(error: PhoneError): void;
  timer: TimerHandle;
}

/**
 * JSON-RPC 2.0 over one logical session. It matches answers with requests, numbers requests, drops events seen before,
 * and can send unanswered requests again on a new socket: the gateway answers a repeated id with the same answer.
 */
export class Rpc {
  /** Number of the last event taken. */
  lastSeq = 0;

  private nextId = 1;
  private readonly pending = new Map<string, Pending>();

  constructor(
    private readonly transmit: (frame: string) => boolean,
    private readonly onEvent: (event: GatewayEvent) => void,
    private readonly timers: Timers,
    /** Goes before every request's number: a reloaded page must not repeat an id of the page before it. */
    private readonly page: string,
  ) {}

  /** Sends a request and settles with its answer. */
  request<T>(method: string, params: object = {}, timeout = REQUEST_TIMEOUT): Promise<T> {
    const id = `${this.page}.${this.nextId++}`;
    const frame = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    return new Promise<T>((resolve, reject) => {
      const timer = this.timers.set(() => {
        this.pending.delete(id);
        reject(new PhoneError("timeout"));
      }, timeout);
      this.pending.set(id, { method, frame, resolve: resolve as (result: unknown) => void, reject, timer });
      this.transmit(frame);
    });
  }

  /** Takes one frame of the gateway. A frame that is none is ignored: the next one may be good. */
  receive(text: string): void {
    let frame: any;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (frame === null || typeof frame !== "object") return;
    if (typeof frame.method === "string") this.event(frame.method, frame.params);
    else if (frame.id !== undefined) this.answer(String(frame.id), frame);
  }

  /** Sends every unanswered request again, in order. */
  resend(): void {
    for (const p of this.pending.values()) this.transmit(p.frame);
  }

  /** Rejects every unanswered request, or those of one method. */
  abandon(error: PhoneError, method?: string): void {
    for (const [id, p] of [...this.pending]) {
      if (method !== undefined && p.method !== method) continue;
      this.pending.delete(id);
      this.timers.clear(p.timer);
      p.reject(error);
    }
  }

  private event(method: string, params: any): void {
    if (params === null || typeof params !== "object" || typeof params.seq !== "number") return;
    if (params.seq <= this.lastSeq) return; // replayed after a resume, and already seen
    this.lastSeq = params.seq;
    this.onEvent({ method, params } as GatewayEvent);
  }

  private answer(id: string, frame: any): void {
    const p = this.pending.get(id);
    if (!p) return;
    this.pending.delete(id);
    this.timers.clear(p.timer);
    if (frame.error) p.reject(PhoneError.fromWire({ ...frame.error.data, code: frame.error.code, message: frame.error.message }));
    else p.resolve(frame.result);
  }
}
