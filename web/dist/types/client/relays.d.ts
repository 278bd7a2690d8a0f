import type { ICE } from "../protocol/frames";
import type { Platform } from "../transport/platform";
/** The gateway's TURN servers: kept fresh, so that a call that starts or repairs itself finds a credential that holds. */
export declare class Relays {
    private readonly platform;
    private readonly ask;
    private timer;
    constructor(platform: Platform, ask: () => Promise<ICE>);
    /** Takes what the gateway told. */
    take(ice: ICE | undefined): void;
    stop(): void;
    private later;
    private renew;
}
