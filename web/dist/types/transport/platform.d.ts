import type { MediaEngine } from "../media/engine";
export type TimerHandle = unknown;
export interface Timers {
    set(fn: () => void, ms: number): TimerHandle;
    clear(handle: TimerHandle): void;
    /** Milliseconds since the epoch. */
    now(): number;
}
/** The part of a WebSocket the SDK uses: onmessage gets {data}, onclose {code, reason}. */
export interface SocketLike {
    onopen: ((ev: any) => any) | null;
    onmessage: ((ev: any) => any) | null;
    onclose: ((ev: any) => any) | null;
    send(data: string): void;
    close(code?: number, reason?: string): void;
}
/** What happened outside: the network came back, the tab became visible, the interface changed, or the page is about to go. */
export type Nudge = "online" | "visible" | "network" | "leaving";
export interface Platform {
    timers: Timers;
    media: MediaEngine;
    socket(url: string, protocol: string): SocketLike;
    /** Number from 0 (included) to 1 (excluded). */
    random(): number;
    uuid(): string;
    /** Calls back on every nudge until the returned function is called. */
    watch(fn: (nudge: Nudge) => void): () => void;
    /** Small non-secret memory of this browser profile. */
    recall(key: string): string | null;
    remember(key: string, value: string): void;
    /** Memory of this tab alone, which a reload outlives; null forgets. */
    kept(key: string): string | null;
    keep(key: string, value: string | null): void;
    /** Where the user is, for an emergency call; null when that cannot be told within a few seconds. */
    position(): Promise<Position | null>;
}
/** A place (WGS 84): degrees, and the uncertainty in metres. */
export interface Position {
    latitude: number;
    longitude: number;
    accuracy?: number;
}
