import type { MediaLeg, VideoWish } from "../media/engine";
import type { Rpc } from "../protocol/rpc";
import type { Platform } from "../transport/platform";
interface PathHost {
    readonly platform: Platform;
    readonly rpc: Rpc;
    readonly up: boolean;
}
interface PathListener {
    up(): void;
    down(): void;
    pictures(): void;
    blocked(): void;
}
/**
 * The audio path of one call between browser and gateway: offer and answer, candidates, and repair by ICE restart.
 * The telephone network notices nothing of what happens here.
 */
export declare class Path {
    private readonly call;
    private readonly host;
    private readonly offered;
    private readonly listener;
    readonly leg: MediaLeg;
    /** True once the gateway has been told of the call, or has told us. */
    known: boolean;
    private agreed;
    private closed;
    private connected;
    private restarting;
    private stale;
    private busy;
    private queue;
    private flush;
    private timer;
    constructor(call: string, host: PathHost, offered: string | null, listener: PathListener);
    /** Offers and starts the call; the gateway's answer comes at once, long before anybody answers the telephone. */
    dial(params: {
        call: string;
        target: string;
    } | {
        call: string;
        refer: string;
    }): Promise<void>;
    /** Makes a connection for a call that exists: after a reload of the page, or when it comes from another browser. */
    connect<R extends {
        sdp: string;
    }>(method: "call.start" | "call.update" | "call.pull", params: object): Promise<R | null>;
    /** Answers the gateway's offer. */
    answer(more?: object): Promise<void>;
    /** The socket is back: send what waited, and mend what broke meanwhile. */
    reconnected(): void;
    /** Restarts ICE now, or as soon as the gateway can be reached. */
    repair(): void;
    close(): void;
    /**
     * Offers the codecs anew, now or when what is under way is done: the gateway's answer puts first what need not be transcoded. A restart
     * does the same.
     */
    renegotiate(): void;
    private freshen;
    /** The end of an exchange: what waited for it goes on. */
    private done;
    /**
     * Changes what is wanted of video, after what is under way. Rejects when the camera or the gateway refuses; the sound goes on in any
     * case.
     */
    video(wish: VideoWish): Promise<void>;
    private update;
    private exchange;
    private agree;
    private connection;
    private later;
    /** Candidates found within 50 ms travel in one request; none before the gateway knows the call. */
    private candidate;
    private sendCandidates;
}
export {};
