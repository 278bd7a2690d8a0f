import type { Remote } from "../protocol/frames";
import type { Call } from "./call";
import type { CallOptions } from "./callparts";
/** What a Refer needs of its phone. */
export interface ReferHost {
    follow(refer: Refer, options: CallOptions): Call;
    refuse(refer: Refer): Promise<void>;
}
/** The far party of a call asks the user to call somebody: a transfer by the other end. Answer it with accept() or refuse(). */
export declare class Refer {
    private readonly host;
    readonly call: Call | null;
    /** Whom the user is asked to call. */
    readonly target: Remote;
    /** Who asks, as the far phone says; null when it does not. */
    readonly by: Remote | null;
    /** The target is in a call already, whose place the new one takes: both parties know of it. */
    readonly replaces: boolean;
    /** How long it can be answered, milliseconds from the event on. */
    readonly within: number;
    private done;
    /** True once accept() or refuse() was called. */
    get answered(): boolean;
    /** Calls the target. The far phone is told by itself what becomes of it, and usually ends the old call then. */
    accept(options?: CallOptions): Call;
    /** Says no; the old call goes on. */
    refuse(): Promise<void>;
}
