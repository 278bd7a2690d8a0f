import { PhoneError } from "./failure";
import type { GatewayEvent } from "./frames";
import type { Timers } from "../transport/platform";
/** How long a request waits for its answer, milliseconds; lost connections within it are survived by resume. */
export declare const REQUEST_TIMEOUT = 20000;
/**
 * JSON-RPC 2.0 over one logical session. It matches answers with requests, numbers requests, drops events seen before,
 * and can send unanswered requests again on a new socket: the gateway answers a repeated id with the same answer.
 */
export declare class Rpc {
    private readonly transmit;
    private readonly onEvent;
    private readonly timers;
    /** Goes before every request's number: a reloaded page must not repeat an id of the page before it. */
    private readonly page;
    /** Number of the last event taken. */
    lastSeq: number;
    private nextId;
    private readonly pending;
    constructor(transmit: (frame: string) => boolean, onEvent: (event: GatewayEvent) => void, timers: Timers, 
    /** Goes before every request's number: a reloaded page must not repeat an id of the page before it. */
    page: string);
    /** Sends a request and settles with its answer. */
    request<T>(method: string, params?: object, timeout?: number): Promise<T>;
    /** Takes one frame of the gateway. A frame that is none is ignored: the next one may be good. */
    receive(text: string): void;
    /** Sends every unanswered request again, in order. */
    resend(): void;
    /** Rejects every unanswered request, or those of one method. */
    abandon(error: PhoneError, method?: string): void;
    private event;
    private answer;
}
